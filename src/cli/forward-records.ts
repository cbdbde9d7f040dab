import type { AttributionClient } from '../client.js';
import { stampNow } from '../contract/timestamp.js';
import {
  ClosedError,
  isAttributionError,
  ValidationError,
  type AnyAttributionError,
  type ErrorCode,
} from '../errors.js';
import type { ForwardItem, ForwardResult } from '../forward/forward-result.js';
import { asError } from './as-error.js';
import type { Checkpoint } from './checkpoint.js';
import type { CredentialsSource } from './credentials-source.js';
import { describeReasons } from './failure-reason.js';
import type { FlatRecord } from './flat-record.js';
import type { InputRecord } from './input-record.js';
import { projectOf } from './record-project.js';
import type { ReturnedRecords } from './returned-records.js';
import type { SettledStatus } from './status-totals.js';
import type { Tally } from './tally.js';

/** What a run works with. */
export interface ForwardRecordsOptions {
  readonly records: AsyncIterable<InputRecord>;
  readonly client: AttributionClient<'all' | 'any'>;
  readonly credentials: CredentialsSource;
  /** None: an interrupted run cannot be resumed, and what it gives up comes back as failed. */
  readonly checkpoint: Checkpoint | undefined;
  readonly rejected: ReturnedRecords;
  readonly failed: ReturnedRecords;
  /** Counts what is booked; that of the checkpoint, if there is one. */
  readonly tally: Tally;
  /** Told of each record that was not delivered. */
  readonly onTrouble: (record: InputRecord, status: 'rejected' | 'failed', error: AnyAttributionError) => void;
  /** Ends the run after the requests that are in flight; the records must end as well then. */
  readonly stop: AbortSignal;
  /** Gives up those as well. */
  readonly stopAtOnce?: AbortSignal | undefined;
  /** Records that may be read ahead of the results. @default 1024 */
  readonly lookAhead?: number | undefined;
  /**
   * How long those may take after `stop`, in milliseconds. What is given up is sent by the next run.
   * @default 10000
   */
  readonly stopTimeoutMs?: number;
}

/** How long requests that are in flight may take when a run is stopped, in milliseconds, unless the caller says otherwise. */
export const STOP_TIMEOUT_MS = 10_000;

/**
 * Forwards records and books what becomes of each: in the file of what comes back, then in the tally and the checkpoint.
 * Records that the checkpoint knows are passed over.
 *
 * @returns whether the inputs came to their end.
 * @throws {FileError} if an input, the checkpoint or a file of what comes back fails.
 */
export async function forwardRecords(options: ForwardRecordsOptions): Promise<boolean> {
  const { client, credentials, checkpoint, stop, lookAhead, stopAtOnce, stopTimeoutMs = STOP_TIMEOUT_MS } = options;
  /** What was handed to the client and has not ended, by its place among that. */
  const pending = new Map<number, InputRecord>();
  let trouble: unknown;
  const close = () => void client.close({ timeoutMs: stopTimeoutMs, onlyInFlight: true });

  async function book(record: InputRecord, status: SettledStatus, error: AnyAttributionError | undefined) {
    try {
      settle(options, record, status, error);
      await checkpoint?.room();
    } catch (thrown) {
      trouble ??= thrown;
      // What is in flight should not take its full time now.
      close();
      throw thrown;
    }
  }

  async function* items(): AsyncGenerator<ForwardItem<'all' | 'any'>> {
    let index = 0;
    for await (const read of options.records) {
      if (stop.aborted) {
        pending.set(index, read);
        return;
      }
      if (checkpoint?.state.settled.has(read.ordinal) === true) continue;
      const problem = problemOf(read, credentials);
      if (read.item === undefined || problem !== undefined) {
        await book(read, 'rejected', problem);
        continue;
      }
      const dated = withTimestamp(read.item);
      pending.set(index, { ...read, item: dated });
      index += 1;
      yield dated;
    }
  }

  stop.addEventListener('abort', close, { once: true });
  try {
    const forwardOptions = { credentials: credentials.get, lookAhead, signal: stopAtOnce };
    for await (const result of client.forward(items(), forwardOptions)) {
      const record = pending.get(result.index);
      if (record === undefined || isStopped(result)) continue;
      pending.delete(result.index);
      const mistakes = mistakesOf(client, result);
      await book(record, mistakes === undefined ? result.status : 'rejected', mistakes ?? result.error);
    }
  } catch (error) {
    if (trouble !== undefined) throw asError(trouble);
    if (!stop.aborted || !isAttributionError(error) || !isStop(error.code)) throw error;
  } finally {
    stop.removeEventListener('abort', close);
  }
  if (stop.aborted && checkpoint === undefined) {
    const error = new ClosedError('given up: the run was stopped');
    for (const record of pending.values()) settle(options, record, 'failed', error);
  }
  return !stop.aborted;
}

/** Whether it was given up because the run was stopped: then it has not ended. */
function isStopped({ error }: ForwardResult<'all' | 'any'>): boolean {
  return error !== undefined && isStop(error.code);
}

function isStop(code: ErrorCode): boolean {
  return code === 'closed' || code === 'aborted';
}

/** What is wrong with a record before it is one for the client, if anything. */
function problemOf({ item, issues }: InputRecord, credentials: CredentialsSource): AnyAttributionError | undefined {
  if (item === undefined) return new ValidationError('record', issues);
  try {
    projectOf(item, credentials);
    return undefined;
  } catch (error) {
    return error as ValidationError;
  }
}

/**
 * What is wrong with an event that failed since there were no credentials to send it with, which comes before anybody looks
 * at it: sent another time it would be rejected.
 */
function mistakesOf(
  client: AttributionClient<'all' | 'any'>,
  { error, event }: ForwardResult<'all' | 'any'>,
): ValidationError | undefined {
  if (error?.code !== 'authentication' || error.attempts > 0) return undefined;
  try {
    client.parse(event);
    return undefined;
  } catch (thrown) {
    if (isAttributionError(thrown) && thrown.code === 'validation') return thrown;
    throw thrown;
  }
}

/** Dates an event that has no timestamp: sent again from the file of failed ones, it must not move in time. */
function withTimestamp(item: ForwardItem): ForwardItem {
  const { event } = item;
  return event.timestamp === undefined ? { ...item, event: { ...event, timestamp: stampNow(Date.now()) } } : item;
}

function settle(
  options: ForwardRecordsOptions,
  record: InputRecord,
  status: SettledStatus,
  error: AnyAttributionError | undefined,
): void {
  const { checkpoint, tally, onTrouble, credentials } = options;
  const projectId = record.item?.projectId ?? credentials.defaultProject?.projectId;
  if (status === 'delivered' || error === undefined) {
    if (checkpoint === undefined) tally.add('delivered', projectId);
    else checkpoint.settle(record.ordinal, 'delivered', { projectId });
    return;
  }
  const fileBytes = options[status].add(sourceOf(record, status), record, error);
  const reasons = describeReasons(status, error);
  if (checkpoint === undefined) tally.add(status, projectId, reasons);
  else checkpoint.settle(record.ordinal, status, { projectId, reasons, fileBytes });
  onTrouble(record, status, error);
}

function sourceOf({ source, item }: InputRecord, status: 'rejected' | 'failed'): FlatRecord {
  return status === 'failed' && item !== undefined ? { ...source, timestamp: item.event.timestamp } : source;
}
