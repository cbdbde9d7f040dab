import { isAttributionError, type AnyAttributionError } from '../errors.js';
import { Outbox } from '../outbox/outbox.js';
import type { QueueStats } from '../outbox/queue.js';
import { sqliteQueue } from '../outbox/sqlite/sqlite-queue.js';
import { asError } from './as-error.js';
import { createClient, type ClientFlags } from './client-options.js';
import type { CredentialsSource } from './credentials-source.js';
import { deliverOutbox } from './deliver-outbox.js';
import { warnOfEmptyInputs } from './empty-inputs.js';
import { EXIT_CODE } from './exit-code.js';
import { describeReasons } from './failure-reason.js';
import { FileError } from './file-error.js';
import type { InputRecord } from './input-record.js';
import { LastingTroubles, stopWithinMs } from './lasting-troubles.js';
import type { Input } from './open-input.js';
import { OutboxRunBooks } from './outbox-run-books.js';
import { Progress } from './progress.js';
import type { RecordReader } from './record-reader.js';
import { describeTrouble } from './record-trouble.js';
import { openRejectedOnce, rejectedOncePath } from './rejected-once.js';
import { noTotals } from './status-totals.js';
import { stopOnSignal } from './stop-on-signal.js';
import { storeRecords, type StoredTotals } from './store-records.js';
import { describeRun, runReportAsJson, type RunReport } from './summary.js';
import type { Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';

/** The flags of `forward` that matter to a run through an outbox. */
export interface ForwardOutboxFlags extends ClientFlags {
  readonly rejected?: string;
  readonly failed?: string;
  readonly checkpoint?: string | false;
  readonly restart?: boolean;
  readonly acceptChanged?: boolean;
  readonly json?: boolean;
}

/**
 * How long the ids of delivered events are known again, in milliseconds (90 days): for so long, a run that is given again
 * stores nothing twice.
 */
const REMEMBER_MS = 90 * 86_400_000;

/** Bounded by the disk alone: what is in the files is to be sent, and refusing half of it helps nobody. */
const UNBOUNDED = { maxEvents: 1_000_000_000, maxBytes: 2 ** 42, maxShare: 1 };

/** Whoever gives the command again after a crash does not want to wait a minute for what was out then. */
const LEASE_MS = 15_000;

/** Short, since somebody waits for the end of the run. */
const RETRY = { initialDelayMs: 2_000, maxDelayMs: 60_000 };

/** Rejected records that are told of. */
const TROUBLES_SHOWN = 20;

const REFUSED = {
  checkpoint: '--checkpoint',
  failed: '--failed',
  restart: '--restart',
  acceptChanged: '--accept-changed',
} as const satisfies Partial<Record<keyof ForwardOutboxFlags, string>>;

/** What a run through an outbox works on. */
export interface ForwardOutboxRun {
  /** The file of the outbox; made if it is not there. */
  readonly path: string;
  readonly credentials: CredentialsSource;
  readonly inputs: readonly Input[];
  readonly reader: RecordReader;
  readonly flags: ForwardOutboxFlags;
  readonly terminal: Terminal;
}

/**
 * Stores the records of files in an outbox while it delivers what is in it, and sets the exit code. What is not delivered stays
 * stored, and given again, the command goes on with it.
 *
 * @throws {UsageError} if the call is wrong; then nothing was stored.
 */
export async function forwardThroughOutbox(run: ForwardOutboxRun): Promise<void> {
  const { path, credentials, inputs, reader, flags, terminal } = run;
  refuseFlags(flags);
  for (const warning of credentials.warnings) terminal.note(`warning: ${warning}`);
  const progress = new Progress(terminal);
  const troubles = new LastingTroubles({ credentials: credentials.all, patienceS: flags.deadline });
  const client = createClient(flags, credentials, (notice) => {
    progress.onNotice(notice);
    troubles.onNotice(notice);
  });
  const rejected = await openRejectedOnce(rejectedOncePath(flags.rejected, inputs, path));
  const books = new OutboxRunBooks();
  const queue = sqliteQueue({ path, rememberMs: REMEMBER_MS, ...UNBOUNDED });
  const outbox = new Outbox({
    client,
    queue,
    credentials: credentials.get,
    concurrency: Math.max(256, 2 * (flags.total ?? 0)),
    perProject: Math.max(32, 2 * (flags.perProject ?? 0)),
    deadlineMs: flags.deadline === undefined ? undefined : flags.deadline * 1000,
    leaseMs: LEASE_MS,
    retry: RETRY,
    onNotice: books.onNotice,
  });
  const stop = stopOnSignal({
    onFirst: () => {
      progress.note('Stopping: waiting for what is out. Once more to stop at once.');
      reader.close();
    },
    // What is out is due again when its lease is over.
    onSecond: () => {
      progress.stop();
      process.exit(EXIT_CODE.interrupted);
    },
  });
  const startedAt = performance.now();
  const projects = new Set<string>();
  const ownProject = credentials.defaultProject?.projectId;
  let stored: StoredTotals = { added: 0, duplicates: 0, rejected: 0 };
  let told = 0;
  let left: QueueStats | undefined;
  let problem: unknown;
  try {
    const before = await outbox.stats();
    await outbox.start();
    progress.start({
      client,
      totals: () => books.tally.totals,
      share: () => {
        const total = before.ready + before.delayed + before.leased + outbox.counters().added;
        return reader.share === undefined ? undefined : reader.share * (total === 0 ? 1 : books.ended / total);
      },
    });
    stored = await storeRecords({
      records: noteProjects(reader.read(), projects, ownProject),
      outbox,
      projectId: ownProject,
      onRejected: (record, error) => {
        books.tally.add('rejected', record.item?.projectId ?? ownProject, describeReasons('rejected', error));
        rejected.add(record, error);
        told += 1;
        if (told <= TROUBLES_SHOWN) progress.note(`${record.path}:${record.line}: rejected: ${describeTrouble(error)}`);
        else if (told === TROUBLES_SHOWN + 1) progress.note(`… and more, all of them in ${rejected.pathIfWritten}`);
      },
      stop: stop.signal,
    });
    progress.note(`${path}: ${stored.added} stored, ${stored.duplicates} had been stored before.`);
    // Whoever gives the command again has seen to what kept a project waiting.
    if (stored.duplicates > 0) await Promise.all([...projects].map((projectId) => outbox.release(projectId)));
    await deliverOutbox(outbox, { books, queue, troubles, stop: stop.signal });
    for (const line of troubles.describe()) progress.note(line);
  } catch (error) {
    problem = error;
  }
  progress.stop();
  warnOfEmptyInputs(reader, (warning) => terminal.note(warning));
  try {
    left = await stopOutbox(outbox, path, stopWithinMs(troubles));
    rejected.close();
  } catch (error) {
    problem ??= error;
  }
  stop.dispose();
  await client.close({ timeoutMs: 0 });
  if (problem !== undefined && !isExpected(problem)) throw asError(problem);
  books.close();
  const interrupted = stop.signal.aborted;
  const waiting = left === undefined ? 0 : left.ready + left.delayed + left.leased;
  // Set before anything is printed: whoever reads that may close the pipe.
  process.exitCode = exitCodeOf(problem, interrupted, stored.rejected + waiting + (left?.dead ?? 0));
  const report: RunReport = {
    finishedAlready: false,
    tally: books.tally,
    earlier: noTotals(),
    doubts: client.counters(),
    // There is no earlier run in its books.
    mostInFlight: 0,
    counters: client.counters(),
    seconds: (performance.now() - startedAt) / 1000,
    files: { rejected: rejected.pathIfWritten, failed: undefined, checkpoint: undefined },
    outbox: { path, ...stored, waiting, dead: left?.dead ?? 0 },
    interrupted,
    last: reader.last,
    problem: problem?.message,
  };
  if (flags.json === true) terminal.print(runReportAsJson(report));
  else for (const line of describeRun(report)) terminal.print(line);
  if (problem !== undefined) terminal.note(`error: ${problem.message}`);
}

function refuseFlags(flags: ForwardOutboxFlags): void {
  for (const [name, option] of Object.entries(REFUSED) as [keyof typeof REFUSED, string][]) {
    if (flags[name] === undefined) continue;
    throw new UsageError(
      `--outbox and ${name === 'checkpoint' && flags[name] === false ? '--no-checkpoint' : option} exclude each other: the outbox itself remembers what has been sent and keeps what failed`,
    );
  }
}

/** Hands back what is out, and looks once more at what is left, with the queue opened anew: closing it was part of stopping. */
async function stopOutbox(outbox: Outbox<'all' | 'any'>, path: string, withinMs: number): Promise<QueueStats> {
  await outbox.close({ timeoutMs: withinMs });
  const queue = sqliteQueue({ path });
  try {
    return await queue.stats();
  } finally {
    await queue.close();
  }
}

/** Tells which projects the records are for. */
async function* noteProjects(
  records: AsyncIterable<InputRecord>,
  projects: Set<string>,
  ownProject: string | undefined,
): AsyncGenerator<InputRecord> {
  for await (const record of records) {
    const projectId = record.item?.projectId ?? ownProject;
    if (projectId !== undefined) projects.add(projectId);
    yield record;
  }
}

function isExpected(error: unknown): error is FileError | UsageError | AnyAttributionError {
  return error instanceof FileError || error instanceof UsageError || isAttributionError(error);
}

function exitCodeOf(problem: unknown, interrupted: boolean, undelivered: number): number {
  if (problem instanceof UsageError) return EXIT_CODE.usage;
  if (problem !== undefined) return EXIT_CODE.incomplete;
  if (interrupted) return EXIT_CODE.interrupted;
  return undelivered === 0 ? EXIT_CODE.ok : EXIT_CODE.incomplete;
}
