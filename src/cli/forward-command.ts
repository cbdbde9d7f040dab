import { Command } from 'commander';
import { DEFAULT_CONCURRENCY } from '../options.js';
import { asError } from './as-error.js';
import { addClientOptions, createClient, CREDENTIALS_HELP, type ClientFlags } from './client-options.js';
import { warnOfControlCharacters } from './control-characters.js';
import { readSendingCredentials } from './credentials-source.js';
import { dryRun } from './dry-run.js';
import { warnOfEmptyInputs } from './empty-inputs.js';
import { EXIT_CODE } from './exit-code.js';
import { FileError } from './file-error.js';
import { adviseAfterEnd } from './finished-advice.js';
import { forwardThroughOutbox } from './forward-outbox.js';
import { forwardRecords, STOP_TIMEOUT_MS } from './forward-records.js';
import { addInputOptions, type InputFlags } from './input-options.js';
import { describeInputs } from './open-input.js';
import { Progress } from './progress.js';
import { RecordReader } from './record-reader.js';
import { closeRunFiles, findFinishedRun, openRunFiles } from './run-files.js';
import { countAll, totalsSince, type StatusTotals } from './status-totals.js';
import { stopOnSignal } from './stop-on-signal.js';
import { describeRun, runReportAsJson, type RunReport } from './summary.js';
import type { Terminal } from './terminal.js';
import { TroubleLines } from './trouble-lines.js';
import { UsageError } from './usage-error.js';

interface ForwardFlags extends ClientFlags, InputFlags {
  readonly rejected?: string;
  readonly failed?: string;
  /** A path, or false for none. */
  readonly checkpoint?: string | false;
  readonly restart?: boolean;
  readonly acceptChanged?: boolean;
  readonly outbox?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

const HELP = `
A record is flat: the event's keys, projectId, id, and params:
  {"type": "custom", "name": "Add_to_cart", "deviceIdentifier": "__g1234abc", "platform": "android",
   "timestamp": "2026-01-31T10:00:00Z", "projectId": "W6W-797-865Z", "params": {"items": "shoes"}}
In CSV the header line names the keys, and a column params.items is the parameter "items".
${CREDENTIALS_HELP}

Records that were not delivered go into files of their own, each with the reason under "error", which is ignored when such
a file is forwarded: --failed as it is, --rejected once it has been mended. What could not be read stands under "raw".
What comes back from installs.csv.failed.ndjson or installs.csv.rejected.ndjson goes into installs.csv.failed-2.ndjson and
installs.csv.rejected-2.ndjson, and so on, each with the first number that is free of its kind: no such file is written
over. The reason names the line that the record stood on first ("origin"), through all rounds.

A run that was interrupted (Ctrl-C, a crash, a power cut) goes on where it stopped when the same command is given again.
What was in flight then may be sent twice: CleverTap's API has no idempotency key. Given once more after its end, it sends
nothing: it prints the summary again and ends with the exit code that the run had. The summary is of all runs together,
its requests and seconds are of the last one. --restart sends everything again.
A checkpoint is for one run at a time: while one is under way, its .lock keeps others out.

With --outbox FILE, the records are kept in an outbox instead of a checkpoint and a file of failed ones: what is not
delivered stays stored, and the same command delivers the rest, or "outbox drain" does. A record is stored once, however
often the command is given within 90 days: one without an id gets one from its file, line and text, and FILE.inputs keeps
which files these were. Such a file may grow; changed in another way it is refused, and --accept-changed stores all of it
as new. See "outbox --help".

Exit code: 0 all delivered, 1 some rejected or failed, 2 the call was wrong, 130 interrupted.

Examples:
  clevertap-attribution forward installs.csv --partner airbridge --credentials projects.json
  zcat backfill/*.ndjson.gz | clevertap-attribution forward - --format ndjson --partner airbridge -c projects.json
  clevertap-attribution forward installs.csv --dry-run`;

/** `forward`: sends files of events. */
export function createForwardCommand(terminal: Terminal): Command {
  const command = new Command('forward')
    .summary('send the events of files or of standard input')
    .description('Sends the events of NDJSON or CSV files (plain, gzip, zstd) or of standard input (-) to CleverTap.');
  return addInputOptions(addClientOptions(command))
    .option(
      '--rejected <file>',
      'where to write records that can never be accepted as they are (default: <first file>.rejected.ndjson, then .rejected-2.ndjson …)',
    )
    .option(
      '--failed <file>',
      'where to write records that may be accepted another time (default: <first file>.failed.ndjson, then .failed-2.ndjson …)',
    )
    .option('--checkpoint <file>', 'where to note how far the run is (default: <first file>.checkpoint)')
    .option('--no-checkpoint', 'note nothing: an interrupted run begins again')
    .option('--restart', 'forget an earlier run of the same files and send everything again')
    .option(
      '--accept-changed',
      'go on although a file has grown: the records that it had must be in their places, and those that have ended are not sent again; with --outbox, store a changed file without ids as a new one',
    )
    .option(
      '--outbox <file>',
      'store the records in this outbox first and deliver them from there; what is not delivered stays stored',
    )
    .option('--dry-run', 'check everything and show the requests, credentials redacted, without sending')
    .option('--json', 'the summary as JSON')
    .addHelpText('after', HELP)
    .action((paths: string[], flags: ForwardFlags) => forward(paths, flags, terminal));
}

async function forward(paths: readonly string[], flags: ForwardFlags, terminal: Terminal): Promise<void> {
  const inputs = await describeInputs(paths, flags.format);
  const reader = new RecordReader(inputs, flags.delimiter);
  await reader.preflight();
  if (flags.dryRun === true) {
    const records = warnOfControlCharacters(reader.read(), (warning) => terminal.note(warning));
    process.exitCode = await dryRun(records, flags, terminal);
    warnOfEmptyInputs(reader, (warning) => terminal.note(warning));
    return;
  }
  const credentials = readSendingCredentials(flags.credentials, process.env);
  if (flags.outbox !== undefined) {
    await forwardThroughOutbox({ path: flags.outbox, credentials, inputs, reader, flags, terminal });
    return;
  }
  for (const warning of credentials.warnings) terminal.note(`warning: ${warning}`);
  const progress = new Progress(terminal);
  const client = createClient(flags, credentials, progress.onNotice);
  const finished = await findFinishedRun(inputs, flags);
  if (finished !== undefined) {
    const { tally, doubts, files } = finished;
    await client.close({ timeoutMs: 0 });
    process.exitCode = exitCodeOf(undefined, true, countUndelivered(tally.totals));
    terminal.note(`${files.checkpoint} says that this run had finished already: nothing was sent.`);
    terminal.note(adviseAfterEnd(files, tally));
    const counters = client.counters();
    printReport(
      { ...NOTHING_DONE, mostInFlight: 0, tally, earlier: tally.totals, doubts, counters, files },
      flags,
      terminal,
    );
    return;
  }
  const files = await openRunFiles(inputs, flags);
  const { checkpoint, tally, rejected, failed } = files;
  const earlier = { ...tally.totals };
  checkpoint?.addDoubts(() => client.counters());
  if (countAll(earlier) > 0) progress.note('Going on where the last run stopped.');
  const stop = stopOnSignal({
    onFirst: () => {
      progress.note(describeStopping(client.counters().inFlight));
      reader.close();
    },
    onSecond: () => progress.note('Stopping at once: what is in flight may be sent twice.'),
  });
  const startedAt = performance.now();
  progress.start({
    client,
    totals: () => totalsSince(tally.totals, earlier),
    share: () => shareDone(reader, countAll(tally.totals)),
  });
  const troubles = new TroubleLines(progress, () => 'in the files named at the end');
  let complete = false;
  let problem: unknown;
  try {
    complete = await forwardRecords({
      records: warnOfControlCharacters(reader.read(), (warning) => progress.note(warning)),
      client,
      credentials,
      checkpoint,
      rejected,
      failed,
      tally,
      onTrouble: (record, status, error) => troubles.tell(record, status, error),
      stop: stop.signal,
      stopAtOnce: stop.atOnce,
      // Room for all that may be in flight, and as much again to choose from.
      lookAhead: Math.max(1_024, 2 * (flags.total ?? 0)),
    });
  } catch (error) {
    problem = error;
  }
  progress.stop();
  warnOfEmptyInputs(reader, (warning) => terminal.note(warning));
  stop.dispose();
  await client.close({ timeoutMs: 0 });
  try {
    await closeRunFiles(files, complete);
  } catch (error) {
    problem ??= error;
  }
  if (problem !== undefined && !(problem instanceof FileError || problem instanceof UsageError)) throw asError(problem);
  // Set before anything is printed: whoever reads that may close the pipe.
  process.exitCode = exitCodeOf(problem, complete, countUndelivered(tally.totals));
  const report: RunReport = {
    finishedAlready: false,
    tally,
    earlier,
    doubts: checkpoint?.state.doubts ?? client.counters(),
    mostInFlight: flags.total ?? DEFAULT_CONCURRENCY.total,
    counters: client.counters(),
    seconds: (performance.now() - startedAt) / 1000,
    files: { rejected: rejected.pathIfWritten, failed: failed.pathIfWritten, checkpoint: checkpoint?.path },
    interrupted: !complete,
    last: reader.last,
    problem: problem?.message,
  };
  printReport(report, flags, terminal);
  if (problem !== undefined) terminal.note(`error: ${problem.message}`);
}

/** What is to be said of this run where an earlier one had done everything. */
const NOTHING_DONE = {
  finishedAlready: true,
  seconds: 0,
  interrupted: false,
  last: undefined,
  problem: undefined,
} as const;

function printReport(report: RunReport, { json }: ForwardFlags, terminal: Terminal): void {
  if (json === true) terminal.print(runReportAsJson(report));
  else for (const line of describeRun(report)) terminal.print(line);
}

function countUndelivered({ rejected, failed }: StatusTotals): number {
  return rejected + failed;
}

function exitCodeOf(problem: FileError | UsageError | undefined, complete: boolean, undelivered: number): number {
  if (problem instanceof UsageError) return EXIT_CODE.usage;
  if (problem !== undefined) return EXIT_CODE.incomplete;
  if (!complete) return EXIT_CODE.interrupted;
  return undelivered === 0 ? EXIT_CODE.ok : EXIT_CODE.incomplete;
}

function describeStopping(inFlight: number): string {
  const requests = `${inFlight} ${inFlight === 1 ? 'request' : 'requests'} in flight`;
  return `Stopping: waiting for ${requests}, ${STOP_TIMEOUT_MS / 1000} s at most. Once more to stop at once.`;
}

/** Share of the inputs whose records have ended: of what was read, many may still be under way. */
function shareDone(reader: RecordReader, ended: number): number | undefined {
  const { share, count } = reader;
  return share === undefined || count === 0 ? share : share * Math.min(1, ended / count);
}
