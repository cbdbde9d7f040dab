import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const root = new URL('../../..', import.meta.url);

/** A worker in a process of its own, which answers nothing: what it was handed stays out until it is killed. */
export interface WorkerProcess extends AsyncDisposable {
  /** Ids that it was handed. */
  readonly taken: readonly string[];
  /** What it reported as trouble. */
  readonly errors: readonly string[];
  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
  /** Lets it answer `delivered` to all that it was handed. */
  answer(): void;
}

/** Starts a worker on a queue. */
export function startWorkerProcess(options: { url: string; name: string; concurrency: number; leaseMs: number }) {
  const script = `
    import { bullmqQueue } from './src/engines/bullmq/index.ts';
    const { url, name, concurrency, leaseMs } = ${JSON.stringify(options)};
    const say = (line) => process.stdout.write(line + '\\n');
    const queue = bullmqQueue({ connection: url, name, onError: ({ message }) => say('error ' + message) });
    let answer;
    const answered = new Promise((resolve) => { answer = resolve; });
    process.stdin.once('data', () => answer());
    await queue.consume(async ({ id }) => {
      say('taken ' + id);
      await answered;
      return { kind: 'delivered' };
    }, { concurrency, leaseMs });
  `;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const taken: string[] = [];
  const errors: string[] = [];
  createInterface(child.stdout).on('line', (line) => {
    if (line.startsWith('taken ')) taken.push(line.slice(6));
    if (line.startsWith('error ')) errors.push(line.slice(6));
  });
  const exit = once(child, 'exit');
  const worker: WorkerProcess = {
    taken,
    errors,
    signal: (signal) => void child.kill(signal),
    answer: () => void child.stdin.write('answer\n'),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exit;
    },
  };
  return worker;
}
