import { Command, Option } from 'commander';
import { inspectDeviceIdentifier } from '../contract/device-identifier.js';
import { createEventSchema } from '../contract/event-schema.js';
import type { UtmPolicy } from '../contract/event.js';
import { toSingleLine } from '../contract/text.js';
import { check } from '../contract/validate.js';
import type { ValidationIssue } from '../errors.js';
import { EXIT_CODE } from './exit-code.js';
import { addInputOptions, type InputFlags } from './input-options.js';
import type { InputRecord } from './input-record.js';
import { describeInputs } from './open-input.js';
import { RecordReader } from './record-reader.js';
import { alignColumns } from './summary.js';
import type { Terminal } from './terminal.js';

interface CheckFlags extends InputFlags {
  readonly utmPolicy: UtmPolicy;
  readonly json?: boolean;
}

/** `check`: looks at files without credentials and without sending. */
export function createCheckCommand(terminal: Terminal): Command {
  const command = new Command('check')
    .summary('look for mistakes in files, without credentials and without sending')
    .description(
      'Checks the events of files or of standard input (-), and says what is odd about their device identifiers.',
    );
  return addInputOptions(command)
    .addOption(
      new Option('--utm-policy <policy>', 'which UTM fields an install must have')
        .choices(['all', 'any'])
        .default('all'),
    )
    .option('--json', 'one JSON object for each mistake, and the totals at the end')
    .addHelpText(
      'after',
      '\nExit code: 0 no mistakes, 1 mistakes, 2 the call was wrong. Advice about device identifiers is no mistake.',
    )
    .action(async (paths: string[], flags: CheckFlags) => {
      process.exitCode = await checkFiles(paths, flags, terminal);
    });
}

async function checkFiles(paths: readonly string[], flags: CheckFlags, terminal: Terminal): Promise<number> {
  const reader = new RecordReader(await describeInputs(paths, flags.format), flags.delimiter);
  await reader.preflight();
  const schema = createEventSchema<UtmPolicy>({ utmPolicy: flags.utmPolicy });
  const totals = { good: 0, bad: 0 };
  const advice = new Map<string, number>();
  const types = new Map<string, number>();
  for await (const record of reader.read()) {
    const checked = record.item === undefined ? { issues: record.issues } : check(schema, record.item.event);
    if ('issues' in checked) {
      totals.bad += 1;
      tell(record, checked.issues, flags, terminal);
      continue;
    }
    totals.good += 1;
    const { value } = checked;
    count(types, value.type === 'custom' ? `custom: ${value.name}` : value.type);
    for (const { message } of inspectDeviceIdentifier(value.deviceIdentifier, value.platform))
      count(advice, `device identifier ${message}`);
  }
  if (flags.json === true) {
    terminal.print(JSON.stringify({ totals, types: Object.fromEntries(types), advice: Object.fromEntries(advice) }));
  } else {
    terminal.print(`${totals.good + totals.bad} records: ${totals.good} good, ${totals.bad} with mistakes`);
    for (const line of alignColumns([...types].map(([type, number]) => [`${number}`, toSingleLine(type, 80)])))
      terminal.print(`  ${line}`);
    if (advice.size > 0) terminal.print('Odd, but no mistake:');
    for (const line of alignColumns([...advice].map(([message, number]) => [`${number}`, message])))
      terminal.print(`  ${line}`);
  }
  return totals.bad === 0 ? EXIT_CODE.ok : EXIT_CODE.incomplete;
}

function tell(
  { path, line }: InputRecord,
  issues: readonly ValidationIssue[],
  flags: CheckFlags,
  terminal: Terminal,
): void {
  if (flags.json === true) terminal.print(JSON.stringify({ file: path, line, issues }));
  else {
    const texts = issues.map((issue) =>
      issue.path.length === 0 ? issue.message : `${issue.path.map(String).join('.')}: ${issue.message}`,
    );
    terminal.print(`${path}:${line}: ${toSingleLine(texts.join('; '), 500)}`);
  }
}

// Custom events' names come from the file, so that without a bound their number is the file's to decide.
const MAX_KEYS = 1_000;

function count(totals: Map<string, number>, key: string): void {
  const known = totals.has(key) || totals.size < MAX_KEYS ? key : '(other)';
  totals.set(known, (totals.get(known) ?? 0) + 1);
}
