import { createHash } from 'node:crypto';
import type { ForwardItem } from '../forward/forward-result.js';
import { ValidationError } from '../errors.js';
import type { AddResult, Outbox, OutboxRecord } from '../outbox/outbox.js';
import type { InputRecord } from './input-record.js';

/** Records that are stored in one step, and so in one write to the disk. */
const BATCH = 1_000;

/** What became of records that were to be stored. */
export interface StoredTotals {
  added: number;
  /** Those that were there before, from a run that was interrupted for instance. */
  duplicates: number;
  rejected: number;
}

/** How to store records. */
export interface StoreRecordsOptions {
  readonly records: AsyncIterable<InputRecord>;
  readonly outbox: Outbox<'all' | 'any'>;
  /** The project of records that name none. */
  readonly projectId: string | undefined;
  /** Told of each record that is not valid. */
  readonly onRejected: (record: InputRecord, error: ValidationError) => void;
  /** Ends the run after the records that were read. */
  readonly stop?: AbortSignal;
}

/**
 * Stores records in an outbox. One without an id gets one that is made of its place and its text, so that a file that is
 * stored again, after an interruption, has nothing stored twice.
 *
 * @throws {OverflowError} when the outbox is full; what was stored before stays stored.
 */
export async function storeRecords(options: StoreRecordsOptions): Promise<StoredTotals> {
  const totals: StoredTotals = { added: 0, duplicates: 0, rejected: 0 };
  let batch: { record: InputRecord; item: ForwardItem }[] = [];
  const reject = (record: InputRecord, error: ValidationError) => {
    totals.rejected += 1;
    options.onRejected(record, error);
  };
  const flush = async () => {
    const stored = batch;
    batch = [];
    const results = await options.outbox.addMany(stored.map(({ record, item }) => toStore(record, item, options)));
    for (const [index, { record }] of stored.entries()) count(results[index], record, totals, reject);
  };
  for await (const record of options.records) {
    if (record.item === undefined) reject(record, new ValidationError('record', record.issues));
    else batch.push({ record, item: record.item });
    if (batch.length >= BATCH) await flush();
    if (options.stop?.aborted === true) break;
  }
  await flush();
  return totals;
}

function toStore(
  record: InputRecord,
  item: ForwardItem,
  { projectId }: StoreRecordsOptions,
): OutboxRecord<'all' | 'any'> {
  return { event: item.event, projectId: item.projectId ?? projectId, id: item.id ?? idOf(record) };
}

function idOf({ ordinal, source }: InputRecord): string {
  return createHash('sha256')
    .update(`${ordinal} ${JSON.stringify(source)}`)
    .digest('hex')
    .slice(0, 32);
}

function count(
  result: AddResult | undefined,
  record: InputRecord,
  totals: StoredTotals,
  reject: (record: InputRecord, error: ValidationError) => void,
): void {
  if (result === undefined) return;
  if (result.error !== undefined) reject(record, result.error);
  else if (result.duplicate) totals.duplicates += 1;
  else totals.added += 1;
}
