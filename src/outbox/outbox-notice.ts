import type { ErrorCode } from '../errors.js';

/** What the notices about one stored event have in common. None of them ever holds a token, a passcode or a query. */
export interface StoredEventNotice {
  /** Id of the event. */
  readonly id: string;
  /** The project that it is for. */
  readonly projectId: string;
}

/** A stored event was delivered and is stored no more. */
export interface OutboxDeliveredNotice extends StoredEventNotice {
  /** The kind of notice. */
  readonly type: 'delivered';
  /** How long it had been stored, in milliseconds. */
  readonly ageMs: number;
  /** Whether it may be there twice. */
  readonly maybeDuplicate: boolean;
}

/** A delivery failed for a reason that passes; the event stays stored. */
export interface RescheduledNotice extends StoredEventNotice {
  /** The kind of notice. */
  readonly type: 'rescheduled';
  /** Why the delivery failed. */
  readonly code: ErrorCode;
  /** When it is due again. */
  readonly at: Date;
}

/** An event will not be delivered by itself any more; it stays stored until it is replayed or discarded. */
export interface DeadLetterNotice extends StoredEventNotice {
  /** The kind of notice. */
  readonly type: 'dead_letter';
  /** Why, in a sentence. */
  readonly reason: string;
}

/** The credentials of a project are refused or not to be had: its events wait, but for a probe now and then. */
export interface ProjectHoldNotice {
  /** The kind of notice. */
  readonly type: 'hold' | 'hold_ended';
  /** The project. */
  readonly projectId: string;
}

/** The queue could not be reached; events that were added are in the spill store. */
export interface SpilledNotice {
  /** The kind of notice. */
  readonly type: 'spilled';
  /** How many. */
  readonly events: number;
  /** Why the queue could not be reached, in a sentence. */
  readonly reason: string;
}

/** All that was in the spill store is in the queue. */
export interface SpillDrainedNotice {
  /** The kind of notice. */
  readonly type: 'spill_drained';
  /** How many events this process brought there since the spill store was empty last. */
  readonly events: number;
}

/**
 * Something did not work in the background. It is tried again by itself, and no event is lost. Told of at most once a second
 * for each of the things done; `troubles` counts all.
 */
export interface TroubleNotice {
  /** The kind of notice. */
  readonly type: 'trouble';
  /**
   * What is tried again: to `start` delivering, to `deliver` (that is, to fetch events and to settle them), to `drain` the spill
   * store.
   */
  readonly doing: 'start' | 'deliver' | 'drain';
  /** What kind of trouble. */
  readonly code: ErrorCode;
  /** Why, in a sentence. */
  readonly reason: string;
  /** How often there was trouble so far, this time included. */
  readonly troubles: number;
}

/** Something that became of stored events, or of the outbox itself; `type` tells the kinds apart. */
export type OutboxNotice =
  | OutboxDeliveredNotice
  | RescheduledNotice
  | DeadLetterNotice
  | ProjectHoldNotice
  | SpilledNotice
  | SpillDrainedNotice
  | TroubleNotice;
