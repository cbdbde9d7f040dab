import type { RegionCode } from '../contract/regions.js';

/** Which requests a fault is for; all of those given must hold, and with none it is for every request. */
export interface FaultScope {
  /** Only requests to this region; never holds where the host stands for no region. */
  readonly region?: RegionCode | undefined;
  /** Only requests with this `account_id`. */
  readonly projectId?: string | undefined;
  /** Only requests with this `event_type`: an install type, or the name of a custom event. */
  readonly eventType?: string | undefined;
}

/**
 * How often or how long a fault strikes: one of these at most, and with none until it is removed.
 *
 * That they exclude each other is said at run time only: as a union of types, it would keep TypeScript from taking a
 * fault whose `kind` is a variable.
 */
export interface FaultLimit {
  /** The next so many requests in its scope. */
  readonly times?: number | undefined;
  /** Each request in its scope with this probability, 0 to 1, drawn from the emulator's `seed`. */
  readonly probability?: number | undefined;
  /** All requests in its scope for so many milliseconds from adding it. */
  readonly forMs?: number | undefined;
}

/** Whether the event is on the books in spite of the fault, if it could have been taken. */
export interface MayRecord {
  /** @default false */
  readonly recorded?: boolean | undefined;
}

/** What goes wrong. */
export type FaultBehaviour =
  | StatusFault
  | ParallelLimitFault
  | LatencyFault
  | HangFault
  | StalledBodyFault
  | BrokenBodyFault
  | ResetBeforeFault
  | ResetAfterFault
  | EmptyFault
  | HtmlFault
  | FailFault
  | OversizedBodyFault
  | RedirectFault
  | GarbageFault;

/** Something that goes wrong between a client and CleverTap, and when. */
export type Fault = FaultScope & FaultLimit & FaultBehaviour;

/** The names of what can go wrong. */
export type FaultKind = FaultBehaviour['kind'];

/** Answers with this status. */
export interface StatusFault extends MayRecord {
  /** Names this kind of fault. */
  readonly kind: 'status';
  /** 200 to 599. */
  readonly status: number;
  /** @default JSON in the document's form, with the status as `code` */
  readonly body?: string | undefined;
  /** Sent as the Retry-After header: seconds, or an HTTP date as it stands. */
  readonly retryAfter?: number | string | undefined;
}

/**
 * Answers 429 to a request that comes while as many of its account are under way, as CleverTap's other APIs do; lets the
 * others go on to the faults added after it. Those count that came since it was added and were not refused by it, each
 * until its answer is sent or its client is gone: with answers that come at once, there is never more than one.
 */
export interface ParallelLimitFault {
  /** The kind of fault. */
  readonly kind: 'parallel_limit';
  /** Requests of one account that may be under way; at least 1. */
  readonly most: number;
  /** Sent as the Retry-After header: seconds, or an HTTP date as it stands. */
  readonly retryAfter?: number | string | undefined;
}

/** Waits, then goes on: with the faults added after it, or else as usual. */
export interface LatencyFault {
  /** Names this kind of fault. */
  readonly kind: 'latency';
  /** Milliseconds. */
  readonly ms: number;
}

/** Reads the request and never answers. */
export interface HangFault extends MayRecord {
  /** Names this kind of fault. */
  readonly kind: 'hang';
}

/** Sends the head and half of the usual answer's body, then nothing more. */
export interface StalledBodyFault extends MayRecord {
  /** Names this kind of fault. */
  readonly kind: 'stalled_body';
}

/** Sends the head and half of the usual answer's body, then ends the connection. */
export interface BrokenBodyFault extends MayRecord {
  /** Names this kind of fault. */
  readonly kind: 'broken_body';
}

/**
 * Resets the connection without looking at the request: a new one as soon as it is accepted, one that is kept alive when
 * the next request comes. With `projectId` or `eventType`, or behind another fault, always when the request comes.
 */
export interface ResetBeforeFault {
  /** Names this kind of fault. */
  readonly kind: 'reset_before';
}

/** Reads the request, then resets the connection. */
export interface ResetAfterFault extends MayRecord {
  /** Names this kind of fault. */
  readonly kind: 'reset_after';
}

/** Answers 200 with an empty body. */
export interface EmptyFault extends MayRecord {
  /** Names this kind of fault. */
  readonly kind: 'empty_200';
}

/** Answers 200 with a page of HTML, as a proxy or a maintenance page does. */
export interface HtmlFault extends MayRecord {
  /** Names this kind of fault. */
  readonly kind: 'html_200';
}

/** Answers 200 with a JSON body that tells of failure. */
export interface FailFault extends MayRecord {
  /** Names this kind of fault. */
  readonly kind: 'fail_200';
  /** `code` in the body; not given: there is none. */
  readonly code?: number | undefined;
  /** `error` in the body. @default 'The event was not processed' */
  readonly error?: string | undefined;
  /** `status` in the body. @default 'fail' */
  readonly status?: 'fail' | 'partial' | undefined;
}

/** Answers 200 with a body of this size, made as it is sent. */
export interface OversizedBodyFault extends MayRecord {
  /** Names this kind of fault. */
  readonly kind: 'oversized_body';
  /** Size of the body. */
  readonly bytes: number;
}

/** Answers 302. */
export interface RedirectFault extends MayRecord {
  /** Names this kind of fault. */
  readonly kind: 'redirect';
  /** The Location header. */
  readonly location: string;
}

/** Answers with bytes that are no HTTP, then ends the connection. */
export interface GarbageFault extends MayRecord {
  /** Names this kind of fault. */
  readonly kind: 'garbage';
}
