import { Command, Option } from 'commander';
import { AttributionClient } from '../client.js';
import type { UtmPolicy } from '../contract/event.js';
import { Outbox } from '../outbox/outbox.js';
import { warnOfEmptyInputs } from './empty-inputs.js';
import { EXIT_CODE } from './exit-code.js';
import { addInputOptions, type InputFlags } from './input-options.js';
import { describeInputs } from './open-input.js';
import { RecordIds } from './record-ids.js';
import { RecordReader } from './record-reader.js';
import { describeTrouble } from './record-trouble.js';
import { openRejectedOnce, rejectedOncePath } from './rejected-once.js';
import { storeRecords } from './store-records.js';
import { StoredInputs } from './stored-inputs.js';
import { closeIfFailing, openOutboxFile } from './stored-outbox.js';
import type { Terminal } from './terminal.js';

interface AddFlags extends InputFlags {
  readonly project?: string;
  readonly rejected?: string;
  readonly acceptChanged?: boolean;
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
    .option(
      '--rejected <file>',
      'where to write records with mistakes (default: <first file>.rejected.ndjson, then .rejected-2.ndjson …)',
    )
    .option('--accept-changed', 'store a file without ids that has changed since it was stored, all of it as new')
    .addOption(
      new Option('--utm-policy <policy>', 'which UTM fields an install must have')
        .choices(['all', 'any'])
        .default('all'),
    )
    .option('--json', 'the totals as JSON')
    .addHelpText(
      'after',
      `
A record without an id gets one from its file, line and text, and <file>.inputs keeps which files these were: a file that is
given again has nothing stored twice, also when it has grown. Changed in another way, it is refused without --accept-changed.

Exit code: 0 all stored, 1 some have mistakes, 2 the call was wrong.`,
    )
    .action((file: string, paths: string[], flags: AddFlags) => add(file, paths, flags, terminal));
}

async function add(file: string, paths: readonly string[], flags: AddFlags, terminal: Terminal): Promise<void> {
  const { project, utmPolicy } = flags;
  const inputs = await describeInputs(paths, flags.format);
  const reader = new RecordReader(inputs, flags.delimiter);
  await reader.preflight();
  const ids = new RecordIds(inputs, new StoredInputs(file, flags.acceptChanged === true));
  // Before any record is read: of mistakes in thousands of them nobody wants to hear where none can be stored.
  const queue = await openOutboxFile(file);
  const rejectedFile = await closeIfFailing(queue, async () => {
    await ids.prepare(reader.unnamed);
    return openRejectedOnce(rejectedOncePath(flags.rejected, inputs, file));
  });
  // Nothing is sent from here; under which name it will be is for those to say who deliver it. It is short, so that no event is
  // too long that would not be under any name.
  const client = new AttributionClient<UtmPolicy>({ partnerName: 'x', utmPolicy });
  const outbox = new Outbox<UtmPolicy>({ client, queue });
  try {
    const totals = await storeRecords({
      records: reader.read(),
      outbox,
      projectId: project,
      ids,
      onRejected: (record, error) => {
        terminal.note(`${record.path}:${record.line}: ${describeTrouble(error)}`);
        rejectedFile.add(record, error);
      },
    });
    warnOfEmptyInputs(reader, (warning) => terminal.note(warning));
    rejectedFile.close();
    const { pathIfWritten } = rejectedFile;
    const { added, duplicates, rejected } = totals;
    terminal.print(
      flags.json === true
        ? JSON.stringify({ ...totals, rejectedFile: pathIfWritten ?? null })
        : `${added} stored, ${duplicates} ${duplicates === 1 ? 'was' : 'were'} there before, ${rejected} with mistakes`,
    );
    if (pathIfWritten !== undefined && flags.json !== true)
      terminal.print(
        `Records with mistakes, with the reason beside each: ${pathIfWritten} (mend them and add that file)`,
      );
    process.exitCode = rejected === 0 ? EXIT_CODE.ok : EXIT_CODE.incomplete;
  } finally {
    await outbox.close();
    await client.close();
    // Once more where the work broke off: the lock is to go.
    rejectedFile.close();
  }
}
