import { Command, Option } from 'commander';
import { AttributionClient } from '../client.js';
import type { UtmPolicy } from '../contract/event.js';
import { Outbox } from '../outbox/outbox.js';
import { EXIT_CODE } from './exit-code.js';
import { addInputOptions, type InputFlags } from './input-options.js';
import { describeInputs } from './open-input.js';
import { RecordReader } from './record-reader.js';
import { describeTrouble } from './record-trouble.js';
import { storeRecords } from './store-records.js';
import { openOutboxFile } from './stored-outbox.js';
import type { Terminal } from './terminal.js';

interface AddFlags extends InputFlags {
  readonly project?: string;
  readonly utmPolicy: UtmPolicy;
  readonly json?: boolean;
}

/** `outbox add`: stores events without sending them. */
export function createOutboxAddCommand(terminal: Terminal): Command {
  const command = new Command('add')
    .summary('store the events of files, without sending them')
    .description(
      'Stores events of NDJSON or CSV files, or of standard input (-); it makes the outbox if it is not there.',
    )
    .argument('<file>', 'the file of the outbox');
  return addInputOptions(command)
    .option('--project <id>', 'the project of records that name none')
    .addOption(
      new Option('--utm-policy <policy>', 'which UTM fields an install must have')
        .choices(['all', 'any'])
        .default('all'),
    )
    .option('--json', 'the totals as JSON')
    .addHelpText('after', '\nExit code: 0 all stored, 1 some have mistakes, 2 the call was wrong.')
    .action((file: string, paths: string[], flags: AddFlags) => add(file, paths, flags, terminal));
}

async function add(file: string, paths: readonly string[], flags: AddFlags, terminal: Terminal): Promise<void> {
  const { project, utmPolicy } = flags;
  const reader = new RecordReader(await describeInputs(paths, flags.format), flags.delimiter);
  await reader.preflight();
  // Before any record is read: of mistakes in thousands of them nobody wants to hear where none can be stored.
  const queue = await openOutboxFile(file);
  // Nothing is sent from here; under which name it will be is for those to say who deliver it.
  const client = new AttributionClient<UtmPolicy>({ partnerName: 'outbox add', utmPolicy });
  const outbox = new Outbox<UtmPolicy>({ client, queue });
  try {
    const totals = await storeRecords({
      records: reader.read(),
      outbox,
      projectId: project,
      onRejected: ({ path, line }, error) => terminal.note(`${path}:${line}: ${describeTrouble(error)}`),
    });
    const { added, duplicates, rejected } = totals;
    terminal.print(
      flags.json === true
        ? JSON.stringify(totals)
        : `${added} stored, ${duplicates} were there before, ${rejected} with mistakes`,
    );
    process.exitCode = rejected === 0 ? EXIT_CODE.ok : EXIT_CODE.incomplete;
  } finally {
    await outbox.close();
    await client.close();
  }
}
