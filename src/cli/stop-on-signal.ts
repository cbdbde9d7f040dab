import { EXIT_CODE } from './exit-code.js';

/** What to do when the program is asked to end. */
export interface StopOnSignalOptions {
  /** Told of the first signal, right after `signal` was aborted. */
  readonly onFirst: () => void;
  /** Told of the second one, right before the process ends; it cannot wait for anything. */
  readonly onSecond: () => void;
}

/** Listens until it is disposed of. */
export interface StopOnSignal {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** Listens no more: a signal ends the process as it would have without. */
  dispose(): void;
}

/**
 * Listens for Ctrl-C (SIGINT) and SIGTERM: the first one is to end the run in order, the second ends the process at once with
 * the exit code of an interruption.
 */
export function stopOnSignal({ onFirst, onSecond }: StopOnSignalOptions): StopOnSignal {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) {
      onSecond();
      process.exit(EXIT_CODE.interrupted);
    }
    // The client first, so that the end of the records does not pass for the end of the inputs.
    controller.abort();
    onFirst();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    dispose() {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
