import type { Dispatcher } from 'undici';

type Controller = Dispatcher.DispatchController;
type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];

// The older handlers are marked deprecated, and yet undici's own request() and fetch() pass them.
/* eslint-disable @typescript-eslint/no-deprecated */

/** Gives a handler of undici's older kind (`onConnect` …) the calls of the newer one; a newer one comes back as it is. */
export function toModernHandler(handler: Dispatcher.DispatchHandler): Dispatcher.DispatchHandler {
  // What undici itself tells them apart by.
  return handler.onRequestStart === undefined ? new LegacyHandler(handler) : handler;
}

class LegacyHandler implements Dispatcher.DispatchHandler {
  readonly #handler: Dispatcher.DispatchHandler;

  constructor(handler: Dispatcher.DispatchHandler) {
    this.#handler = handler;
  }

  onRequestStart(controller: Controller): void {
    this.#handler.onConnect?.((reason) => controller.abort(reason as Error));
  }

  onResponseStart(controller: Controller, status: number, headers: Headers, statusText = ''): void {
    const raw = Object.entries(headers).flatMap(([name, value]) => [
      Buffer.from(name, 'latin1'),
      Buffer.from(String(value), 'latin1'),
    ]);
    this.#handler.onResponseStarted?.();
    const goOn = this.#handler.onHeaders?.(status, raw, () => controller.resume(), statusText);
    if (goOn === false) controller.pause();
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.#handler.onData?.(chunk) === false) controller.pause();
  }

  onResponseEnd(): void {
    this.#handler.onComplete?.([]);
  }

  onResponseError(_controller: Controller, error: Error): void {
    this.#handler.onError?.(error);
  }
}
