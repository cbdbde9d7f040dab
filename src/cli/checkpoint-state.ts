import { NO_DOUBTS, type DeliveryDoubts } from './delivery-doubts.js';
import { SettledRecords } from './settled-records.js';
import { Tally } from './tally.js';

/** A file of records that came back, as far as it belongs to the run. */
export interface ReturnedFile {
  readonly path: string;
  /** What the file holds beyond was not noted, and is to be cut off. */
  readonly bytes: number;
}

/** How far an earlier run got. */
export interface CheckpointState {
  readonly settled: SettledRecords;
  /** What became of those that are settled. */
  readonly tally: Tally;
  /** What is not certain about those that were delivered. */
  doubts: DeliveryDoubts;
  /** The files that the run has begun. */
  readonly returned: { rejected?: ReturnedFile; failed?: ReturnedFile };
  /** Whom it sends to and as which partner, in words; undefined if that is not known. */
  target: string | undefined;
  /** Whether the run came to the end of its inputs. */
  complete: boolean;
}

/** The state before anything was done. */
export function emptyState(): CheckpointState {
  const [settled, tally] = [new SettledRecords(), new Tally()];
  return { settled, tally, doubts: NO_DOUBTS, returned: {}, target: undefined, complete: false };
}
