import { Command, Option } from 'commander';
import { createEventSchema } from '../contract/event-schema.js';
import type { ParsedEvent, UtmPolicy } from '../contract/event.js';
import { LeastRequest } from '../contract/least-request.js';
import { Partner } from '../contract/partner.js';
import { toSingleLine } from '../contract/text.js';
import { check, type Checked } from '../contract/validate.js';
import { isAttributionError, ValidationError, type ValidationIssue } from '../errors.js';
import type { ForwardItem } from '../forward/forward-result.js';
import { AdviceCollector, type Advice } from './check-advice.js';
import { inCommandLineWords } from './command-line-words.js';
import { readCredentials, type CredentialsSource } from './credentials-source.js';
import { warnOfEmptyInputs } from './empty-inputs.js';
import { EXIT_CODE } from './exit-code.js';
import { addInputOptions, type InputFlags } from './input-options.js';
import type { InputRecord } from './input-record.js';
import { describeInputs } from './open-input.js';
import { projectOf } from './record-project.js';
import { RecordReader } from './record-reader.js';
import { describeTrouble } from './record-trouble.js';
import { alignColumns } from './summary.js';
import type { Terminal } from './terminal.js';

interface CheckFlags extends InputFlags {
  readonly credentials?: string;
  readonly utmPolicy: UtmPolicy;
  readonly json?: boolean;
}

const HELP = `
Exit code: 0 no mistakes, 1 mistakes, 2 the call was wrong. Advice is no mistake: about device identifiers,
platforms other than android and ios, control characters, and ids that are there twice.

Examples:
  clevertap-attribution check installs.csv
  clevertap-attribution check installs.csv --credentials projects.json`;

/** `check`: looks at files without sending; credentials are not needed. */
export function createCheckCommand(terminal: Terminal): Command {
  const command = new Command('check')
    .summary('look for mistakes in files without sending; needs no credentials')
    .description(
      'Checks the events of files or of standard input (-), and says what is odd about them, such as their device identifiers.',
    );
  return addInputOptions(command)
    .option(
      '-c, --credentials <file>',
      'also find records whose project has no credentials, neither in this JSON file nor in the environment',
    )
    .addOption(
      new Option('--utm-policy <policy>', 'which UTM fields an install must have')
        .choices(['all', 'any'])
        .default('all'),
    )
    .option('--json', 'one JSON object for each mistake, and the totals at the end')
    .addHelpText('after', HELP)
    .action(async (paths: string[], flags: CheckFlags) => {
      process.exitCode = await checkFiles(paths, flags, terminal);
    });
}

async function checkFiles(paths: readonly string[], flags: CheckFlags, terminal: Terminal): Promise<number> {
  const reader = new RecordReader(await describeInputs(paths, flags.format), flags.delimiter);
  await reader.preflight();
  const checkEvent = createEventCheck(flags);
  const credentials = flags.credentials === undefined ? undefined : readCredentials(flags.credentials, process.env);
  for (const warning of credentials?.warnings ?? []) terminal.note(`warning: ${warning}`);
  const totals = { good: 0, bad: 0 };
  const advice = new AdviceCollector();
  const types = new Map<string, number>();
  for await (const record of reader.read()) {
    const { item } = record;
    const checked = item === undefined ? { issues: record.issues } : checkEvent(item.event);
    const issues = [
      ...('issues' in checked ? checked.issues : []),
      ...(item === undefined || credentials === undefined ? [] : projectIssues(item, credentials)),
    ];
    if ('issues' in checked || issues.length > 0) {
      totals.bad += 1;
      tell(record, issues, flags, terminal);
      continue;
    }
    totals.good += 1;
    const { value } = checked;
    count(types, value.type === 'custom' ? `custom: ${value.name}` : value.type);
    advice.inspect(record, value);
  }
  warnOfEmptyInputs(reader, (warning) => terminal.note(warning));
  if (flags.json === true) {
    terminal.print(JSON.stringify({ totals, types: Object.fromEntries(types), advice: adviceAsJson(advice.all) }));
  } else {
    terminal.print(`${totals.good + totals.bad} records: ${totals.good} good, ${totals.bad} with mistakes`);
    for (const line of alignColumns([...types].map(([type, number]) => [`${number}`, toSingleLine(type, 80)])))
      terminal.print(`  ${line}`);
    if (advice.all.length > 0) terminal.print('Odd, but no mistake:');
    for (const line of alignColumns(advice.all.map(adviceRow))) terminal.print(`  ${line}`);
  }
  return totals.bad === 0 ? EXIT_CODE.ok : EXIT_CODE.incomplete;
}

/** What `forward` would say of an event whatever its project, and `outbox add` says. */
function createEventCheck({ utmPolicy }: CheckFlags): (event: unknown) => Checked<ParsedEvent<UtmPolicy>> {
  const schema = createEventSchema<UtmPolicy>({ utmPolicy });
  // The shortest name there can be: under which one it is sent is not known here.
  const request = new LeastRequest(new Partner({ partnerName: 'x' }));
  return (event) => {
    const checked = check(schema, event);
    if ('issues' in checked) return checked;
    try {
      request.checkLength(checked.value);
      return checked;
    } catch (error) {
      if (isAttributionError(error) && error.code === 'validation') return { issues: error.issues };
      throw error;
    }
  };
}

function adviceRow({ message, count, first }: Advice): readonly string[] {
  return [`${count}`, `${message} (first: ${first.path}:${first.line})`];
}

function adviceAsJson(all: readonly Advice[]): object {
  return Object.fromEntries(
    all.map(({ message, count, first }) => [message, { count, first: { file: first.path, line: first.line } }]),
  );
}

function tell(
  { path, line }: InputRecord,
  issues: readonly ValidationIssue[],
  flags: CheckFlags,
  terminal: Terminal,
): void {
  if (flags.json === true) {
    const told = issues.map((issue) => ({ ...issue, message: inCommandLineWords(issue.message) }));
    terminal.print(JSON.stringify({ file: path, line, issues: told }));
    return;
  }
  terminal.print(`${path}:${line}: ${describeTrouble(new ValidationError('record', issues))}`);
}

/** What would keep a record from being sent with these credentials, in the words of `forward`. */
function projectIssues(item: ForwardItem, credentials: CredentialsSource): readonly ValidationIssue[] {
  try {
    credentials.get(projectOf(item, credentials));
    return [];
  } catch (error) {
    if (!isAttributionError(error)) throw error;
    return error.code === 'validation' ? error.issues : [{ path: [], message: error.message }];
  }
}

// Custom events' names come from the file, so that without a bound their number is the file's to decide.
const MAX_KEYS = 1_000;

function count(totals: Map<string, number>, key: string): void {
  const known = totals.has(key) || totals.size < MAX_KEYS ? key : '(other)';
  totals.set(known, (totals.get(known) ?? 0) + 1);
}
