import { STATUS_CODES } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Answer } from './answer.js';
import { firstHalf, floodChunks, floodHeaders, type Ending, type Plan } from './plan.js';
import { answerTimeout, connectionClosed, connectionReset, notHttp, requestAborted } from './transport-errors.js';

/** undici's time-outs of one request, in milliseconds; none where not given or 0. */
export type AnswerTimeouts = Pick<Dispatcher.DispatchOptions, 'headersTimeout' | 'bodyTimeout'>;

/**
 * One request of the in-process dispatcher, and its controller in the handler's hands.
 *
 * Carries out a plan on the handler in undici's order of calls: the start while `dispatch()` runs, everything else later,
 * exactly one end or error, and no data while paused.
 */
export class DispatchExchange implements Dispatcher.DispatchController {
  readonly #handler: Dispatcher.DispatchHandler;
  readonly #timeouts: AnswerTimeouts;
  readonly #onSettled: (exchange: DispatchExchange) => void;
  #immediate: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #chunks: Iterator<Buffer, unknown> | undefined;
  #afterChunks: () => void = () => undefined;
  #settled = false;
  #paused = false;
  #flowing = false;
  #reason: Error | null = null;
  #onOver: (() => void) | undefined;

  constructor(
    handler: Dispatcher.DispatchHandler,
    timeouts: AnswerTimeouts,
    onSettled: (exchange: DispatchExchange) => void,
  ) {
    this.#handler = handler;
    this.#timeouts = timeouts;
    this.#onSettled = onSettled;
  }

  get aborted(): boolean {
    return this.#reason !== null;
  }

  get paused(): boolean {
    return this.#paused;
  }

  get reason(): Error | null {
    return this.#reason;
  }

  abort(reason?: Error): void {
    if (this.#settled) return;
    this.#reason = reason ?? requestAborted();
    this.fail(this.#reason);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#flow();
  }

  /** Fails in the event loop's next turn, as a connection that never came about: the handler hears of no start. */
  runInto(error: Error): void {
    this.#later(0, () => this.fail(error));
  }

  /** Starts, makes the plan unless the handler aborted, and carries it out from the event loop's next turn on. */
  run(makePlan: () => Plan): void {
    this.#guard(() => this.#handler.onRequestStart?.(this, undefined));
    if (this.#settled) return;
    const { delayMs, ending, onOver } = makePlan();
    this.#onOver = onOver;
    const limit = this.#timeouts.headersTimeout ?? 0;
    const waitMs = ending.kind === 'hang' ? Infinity : delayMs;
    if (limit > 0 && waitMs > limit) this.#later(limit, () => this.fail(answerTimeout('headers')));
    else if (waitMs !== Infinity) this.#later(waitMs, () => this.#end(ending));
  }

  /** Ends it with an error, unless it has ended. */
  fail(error: Error): void {
    if (!this.#settle()) return;
    this.#handler.onResponseError?.(this, error);
  }

  #end(ending: Ending): void {
    switch (ending.kind) {
      case 'answer':
        this.#respond(ending.answer, [Buffer.from(ending.answer.body)], () => this.#complete());
        return;
      case 'cut':
        this.#respond(ending.answer, [firstHalf(ending.answer.body)], () => {
          if (ending.then === 'break') this.fail(connectionClosed());
          else this.#stall();
        });
        return;
      case 'flood':
        this.#respond({ status: 200, headers: floodHeaders(ending.bytes) }, floodChunks(ending.bytes), () =>
          this.#complete(),
        );
        return;
      case 'reset':
        this.fail(connectionReset());
        return;
      case 'garbage':
        this.fail(notHttp());
        return;
      case 'hang':
        return;
    }
  }

  #respond({ status, headers }: Omit<Answer, 'body'>, chunks: Iterable<Buffer>, afterwards: () => void): void {
    this.#guard(() => this.#handler.onResponseStart?.(this, status, { ...headers }, STATUS_CODES[status] ?? ''));
    this.#chunks = chunks[Symbol.iterator]();
    this.#afterChunks = afterwards;
    this.#flow();
  }

  #flow(): void {
    // A handler that resumes from within its data callback must not get the next chunk inside of it.
    if (this.#flowing || this.#chunks === undefined) return;
    this.#flowing = true;
    while (!this.#paused && !this.#settled) {
      const { done, value } = this.#chunks.next();
      if (done === true) {
        this.#chunks = undefined;
        this.#afterChunks();
        break;
      }
      if (value.length > 0) this.#guard(() => this.#handler.onResponseData?.(this, value));
    }
    this.#flowing = false;
  }

  #stall(): void {
    const limit = this.#timeouts.bodyTimeout ?? 0;
    if (limit > 0) this.#later(limit, () => this.fail(answerTimeout('body')));
  }

  #complete(): void {
    if (!this.#settle()) return;
    try {
      this.#handler.onResponseEnd?.(this, {});
    } catch (error) {
      // How undici's own retry handler asks for a failure: it throws from the end of an answer that it refuses.
      this.#handler.onResponseError?.(this, error as Error);
    }
  }

  /** A handler that throws fails its request and yet has not aborted it, as with undici: retrying goes by that. */
  #guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.fail(error as Error);
    }
  }

  #later(ms: number, action: () => void): void {
    if (ms === 0) this.#immediate = setImmediate(action);
    else this.#timer = setTimeout(action, ms);
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    clearImmediate(this.#immediate);
    clearTimeout(this.#timer);
    this.#onSettled(this);
    this.#onOver?.();
    return true;
  }
}
