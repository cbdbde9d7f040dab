import type { AttributionClient } from '../client.js';
import type { ValidationError } from '../errors.js';
import type { Outbox } from '../outbox/outbox.js';
import type { SqliteQueue } from '../outbox/sqlite/sqlite-queue.js';
import { asError } from './as-error.js';
import { createClient } from './client-options.js';
import type { CredentialsSource } from './credentials-source.js';
import { deliverOutbox } from './deliver-outbox.js';
import { warnOfEmptyInputs } from './empty-inputs.js';
import { EXIT_CODE } from './exit-code.js';
import { describeReasons } from './failure-reason.js';
import { refuseBesideOutbox, type ForwardOutboxFlags } from './forward-outbox-flags.js';
import type { InputRecord } from './input-record.js';
import { LastingTroubles, stopWithinMs } from './lasting-troubles.js';
import type { Input } from './open-input.js';
import { OutboxRunBooks } from './outbox-run-books.js';
import { exitCodeOf, isExpected, reportOnOutbox, type OutboxRunEnd } from './outbox-run-end.js';
import { Progress } from './progress.js';
import { RecordIds } from './record-ids.js';
import type { RecordReader } from './record-reader.js';
import { openRejectedOnce, rejectedOncePath, type RejectedOnce } from './rejected-once.js';
import { closeRunOutbox, openRunOutbox, openRunQueue, type OutboxLeft } from './run-outbox.js';
import { createUnsendableFinder } from './request-length.js';
import { noTotals } from './status-totals.js';
import { StoredInputs } from './stored-inputs.js';
import { closeIfFailing } from './stored-outbox.js';
import { stopOnSignal, type StopOnSignal } from './stop-on-signal.js';
import { noneStored, storeRecords, type StoredTotals } from './store-records.js';
import { describeRun, runReportAsJson, type RunReport } from './summary.js';
import type { Terminal } from './terminal.js';
import { TroubleLines } from './trouble-lines.js';

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

/** The same with what it works with. */
interface EquippedRun extends ForwardOutboxRun {
  readonly client: AttributionClient<'all' | 'any'>;
  readonly outbox: Outbox<'all' | 'any'>;
  readonly queue: SqliteQueue;
  readonly troubles: LastingTroubles;
  readonly books: OutboxRunBooks;
  readonly rejected: RejectedOnce;
  readonly ids: RecordIds;
  readonly progress: Progress;
  readonly stop: StopOnSignal;
}

/**
 * Stores the records of files in an outbox while it delivers what is in it, and sets the exit code. What is not delivered stays
 * stored, and given again, the command goes on with it.
 *
 * @throws {UsageError} if the call is wrong; then nothing was stored.
 */
export async function forwardThroughOutbox(run: ForwardOutboxRun): Promise<void> {
  refuseBesideOutbox(run.flags);
  for (const warning of run.credentials.warnings) run.terminal.note(`warning: ${warning}`);
  const equipped = await equip(run);
  const startedAt = performance.now();
  const end = await carryOut(equipped);
  const failed = equipped.books.close();
  const outbox = reportOnOutbox(run.path, end, failed);
  // Set before anything is printed: whoever reads that may close the pipe.
  process.exitCode = exitCodeOf(end, outbox);
  print(run, {
    finishedAlready: false,
    tally: equipped.books.tally,
    earlier: noTotals(),
    doubts: equipped.client.counters(),
    // There is no earlier run in its books.
    mostInFlight: 0,
    counters: equipped.client.counters(),
    seconds: (performance.now() - startedAt) / 1000,
    files: { rejected: equipped.rejected.pathIfWritten, failed: undefined, checkpoint: undefined },
    outbox,
    interrupted: end.interrupted,
    last: run.reader.last,
    problem: end.problem?.message,
  });
}

async function equip(run: ForwardOutboxRun): Promise<EquippedRun> {
  const { path, credentials, inputs, reader, flags, terminal } = run;
  const progress = new Progress(terminal);
  const troubles = new LastingTroubles({ credentials: credentials.all, patienceS: flags.deadline });
  const client = createClient(flags, credentials, (notice) => {
    progress.onNotice(notice);
    troubles.onNotice(notice);
  });
  const ids = new RecordIds(inputs, new StoredInputs(path, flags.acceptChanged === true));
  const queue = await openRunQueue(path);
  const rejected = await closeIfFailing(queue, async () => {
    await ids.prepare(reader.unnamed);
    return openRejectedOnce(rejectedOncePath(flags.rejected, inputs, path));
  });
  const books = new OutboxRunBooks();
  const outbox = openRunOutbox({ queue, client, credentials, flags, onNotice: books.onNotice });
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
  return { ...run, client, queue, outbox, troubles, books, rejected, ids, progress, stop };
}

/** Goes through all of it and closes everything, however it ends. */
async function carryOut(run: EquippedRun): Promise<OutboxRunEnd> {
  const { path, reader, terminal, client, outbox, troubles, rejected, progress, stop } = run;
  const stored = noneStored();
  let left: OutboxLeft | undefined;
  let problem: unknown;
  try {
    const projects = new Set<string>();
    await begin(run);
    await store(run, projects, stored);
    // Whoever gives the command again has seen to what kept a project waiting.
    if (stored.duplicates > 0) await Promise.all([...projects].map((projectId) => outbox.release(projectId)));
    await deliver(run);
  } catch (error) {
    problem = error;
  }
  progress.stop();
  warnOfEmptyInputs(reader, (warning) => terminal.note(warning));
  try {
    left = await closeRunOutbox(outbox, path, stopWithinMs(troubles));
  } catch (error) {
    problem ??= error;
  }
  try {
    rejected.close();
  } catch (error) {
    problem ??= error;
  }
  stop.dispose();
  await client.close({ timeoutMs: 0 });
  if (problem !== undefined && !isExpected(problem)) throw asError(problem);
  return { stored, left, interrupted: stop.signal.aborted, problem };
}

/** Starts to deliver what is there, and to show how far it is. */
async function begin({ reader, client, outbox, books, progress }: EquippedRun): Promise<void> {
  const { ready, delayed, leased } = await outbox.stats();
  await outbox.start();
  progress.start({
    client,
    totals: () => books.tally.totals,
    share: () => {
      const total = ready + delayed + leased + outbox.counters().added;
      return reader.share === undefined ? undefined : reader.share * (total === 0 ? 1 : books.ended / total);
    },
  });
}

/** Stores the records and counts them, and tells which projects they are for. */
async function store(run: EquippedRun, projects: Set<string>, totals: StoredTotals): Promise<void> {
  const { path, credentials, reader, client, outbox, books, rejected, ids, progress, stop } = run;
  const findUnsendable = createUnsendableFinder(client, credentials);
  const ownProject = credentials.defaultProject?.projectId;
  const troubles = new TroubleLines(progress, () => `in ${rejected.pathIfWritten}`);
  await storeRecords({
    totals,
    findUnsendable,
    records: noteProjects(reader.read(), projects, ownProject),
    outbox,
    projectId: ownProject,
    ids,
    onRejected: (record: InputRecord, error: ValidationError) => {
      books.tally.add('rejected', record.item?.projectId ?? ownProject, describeReasons('rejected', error));
      rejected.add(record, error);
      troubles.tell(record, 'rejected', error);
    },
    stop: stop.signal,
  });
  progress.note(`${path}: ${totals.added} stored, ${totals.duplicates} had been stored before.`);
}

async function deliver({ outbox, queue, troubles, books, progress, stop }: EquippedRun): Promise<void> {
  await deliverOutbox(outbox, { books, queue, troubles, stop: stop.signal });
  for (const line of troubles.describe()) progress.note(line);
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

function print({ flags, terminal }: ForwardOutboxRun, report: RunReport): void {
  if (flags.json === true) terminal.print(runReportAsJson(report));
  else for (const line of describeRun(report)) terminal.print(line);
  if (report.problem !== undefined) terminal.note(`error: ${report.problem}`);
}
