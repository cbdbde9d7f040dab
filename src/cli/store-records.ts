import { ValidationError } from '../errors.js';
import type { Outbox } from '../outbox/outbox.js';
import type { OutboxRecord } from '../outbox/outbox-record.js';
import type { InputRecord } from './input-record.js';
import type { RecordIds } from './record-ids.js';
import type { FindUnsendable } from './request-length.js';

/** Records that are stored in one step, and so in one write to the disk. */
const BATCH = 1_000;

/** What became of records that were to be stored. */
export interface StoredTotals {
  added: number;
  /** Those that were there before, from a run that was interrupted for instance. */
  duplicates: number;
  rejected: number;
}

/** Totals before anything was stored. */
export function noneStored(): StoredTotals {
  return { added: 0, duplicates: 0, rejected: 0 };
}

/** How to store records. */
export interface StoreRecordsOptions {
  readonly records: AsyncIterable<InputRecord>;
  readonly outbox: Outbox<'all' | 'any'>;
  /** The project of records that name none. */
  readonly projectId: string | undefined;
  /** Makes the ids of records that have none. */
  readonly ids: RecordIds;
  /** Looks for what the outbox would take and nobody could send. @default none */
  readonly findUnsendable?: FindUnsendable;
  /** Where it counts, so that what was stored is known also where it breaks off. @default totals of its own */
  readonly totals?: StoredTotals;
  /** Told of each record that is not valid. */
  readonly onRejected: (record: InputRecord, error: ValidationError) => void;
  /** Ends the run after the records that were read. */
  readonly stop?: AbortSignal;
}

/**
 * Stores records in an outbox, so that a file that is stored again, after an interruption, has nothing stored twice.
 *
 * @throws {UsageError} at a record without an id of a file that has changed since it was stored; as below.
 * @throws {OverflowError} when the outbox is full; what was stored before stays stored.
 */
export async function storeRecords(options: StoreRecordsOptions): Promise<StoredTotals> {
  const { totals = noneStored() } = options;
  let batch: Checked[] = [];
  const flush = async () => {
    const checked = batch;
    batch = [];
    const stored = await options.outbox.addMany(checked.flatMap(({ toStore }) => toStore ?? []));
    let index = 0;
    // In the order of the records, whether it is the command or the outbox that finds a mistake.
    for (const { record, toStore, error } of checked) {
      const result = toStore === undefined ? { duplicate: false, error } : stored[index++];
      if (result?.error !== undefined) {
        totals.rejected += 1;
        options.onRejected(record, result.error);
      } else if (result?.duplicate === true) totals.duplicates += 1;
      else totals.added += 1;
    }
  };
  for await (const record of options.records) {
    batch.push(await check(record, options));
    if (batch.length >= BATCH) await flush();
    if (options.stop?.aborted === true) break;
  }
  await flush();
  return totals;
}

/** A record with what is to be stored of it, or what is wrong with it. */
interface Checked {
  readonly record: InputRecord;
  readonly toStore?: OutboxRecord<'all' | 'any'>;
  readonly error?: ValidationError;
}

async function check(
  record: InputRecord,
  { projectId: ownProject, ids, findUnsendable }: StoreRecordsOptions,
): Promise<Checked> {
  const { item, issues } = record;
  const projectId = item?.projectId ?? ownProject;
  const id = await ids.idOf(record, projectId);
  if (item === undefined) return { record, error: new ValidationError('record', issues) };
  if (projectId === undefined) return { record, error: new ValidationError('record', [PROJECT_MISSING]) };
  const toStore = { event: item.event, projectId, id };
  const error = findUnsendable?.(toStore);
  return error === undefined ? { record, toStore } : { record, error };
}

const PROJECT_MISSING = { path: ['projectId'], message: 'is required: name it in the record, or give --project' };
