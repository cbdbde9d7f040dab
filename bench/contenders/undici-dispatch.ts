import { Pool, type Dispatcher } from 'undici';
import { sendInLanes } from '../load/send-in-lanes.js';
import type { Contender, ContenderOptions } from './contender.js';
import { expectSuccess } from './expect-success.js';
import { constantPath } from './hand-written-query.js';

/** undici's handler interface in its older form, which costs less: the newer one has a wrapper put around it. */
class Answer implements Dispatcher.DispatchHandler {
  #body = '';

  constructor(
    private readonly resolve: (answer: unknown) => void,
    private readonly reject: (error: unknown) => void,
  ) {}

  onConnect(): void {
    // Nothing is ever aborted.
  }

  onHeaders(status: number): boolean {
    if (status !== 200) this.reject(new Error(`answered ${status}`));
    return true;
  }

  onData(chunk: Buffer): boolean {
    this.#body += chunk.toString('utf8');
    return true;
  }

  onComplete(): void {
    try {
      this.resolve(JSON.parse(this.#body));
    } catch (error) {
      this.reject(error);
    }
  }

  onError(error: Error): void {
    this.reject(error);
  }
}

/** The floor: undici's `dispatch` of a constant path with a promise, the body read and parsed, and nothing else. */
export function createContender({ origin, inFlight }: ContenderOptions): Contender {
  const pool = new Pool(origin, { connections: inFlight });
  const request: Dispatcher.DispatchOptions = { origin, path: constantPath, method: 'GET' };
  const send = () => new Promise((resolve, reject) => pool.dispatch(request, new Answer(resolve, reject)));
  return { run: (workload) => sendInLanes(workload, inFlight, () => send().then(expectSuccess)) };
}
