import { EXIT_CODE } from './exit-code.js';

/** What to do when the program is asked to end. */
export interface StopOnSignalOptions {
  /** Told of the first signal, right after `signal` was aborted. */
  readonly onFirst: () => void;
  /** Told of the second one, right after `atOnce` was aborted. */
  readonly onSecond: () => void;
}

/** Listens until it is disposed of. */
export interface StopOnSignal {
  /** Aborted by the first signal: to begin nothing more. */
  readonly signal: AbortSignal;
  /** Aborted by the second: to wait for nothing either. */
  readonly atOnce: AbortSignal;
  /** Listens no more: a signal ends the process as it would have without. */
  dispose(): void;
}

/**
 * Listens for Ctrl-C (SIGINT) and SIGTERM: the first one is to end the run in order, the second to end it in order without
 * waiting, and a third ends the process wherever it is, with the exit code of an interruption.
 */
export function stopOnSignal({ onFirst, onSecond }: StopOnSignalOptions): StopOnSignal {
  const stop = new AbortController();
  const atOnce = new AbortController();
  const onSignal = () => {
    if (atOnce.signal.aborted) process.exit(EXIT_CODE.interrupted);
    const [controller, tell] = stop.signal.aborted ? [atOnce, onSecond] : [stop, onFirst];
    // The client first, so that the end of the records does not pass for the end of the inputs.
    controller.abort();
    tell();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: stop.signal,
    atOnce: atOnce.signal,
    dispose() {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
