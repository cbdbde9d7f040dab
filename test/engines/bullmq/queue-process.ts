import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { QueueProcess, QueueProcessTask } from '../../../src/testing/index.js';

const root = new URL('../../..', import.meta.url);

/** Starts a process that does what the conformance suite wants done on a queue. */
export function startQueueProcess(url: string, name: string, task: QueueProcessTask): QueueProcess {
  const script = `
    import { bullmqQueue } from './src/engines/bullmq/index.ts';
    import { runQueueProcess } from './src/testing/queue-process.ts';
    const queue = bullmqQueue(${JSON.stringify({ connection: url, name })});
    await runQueueProcess(queue, ${JSON.stringify(task)}, (id) => process.stdout.write(id + '\\n'));
  `;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const reported: string[] = [];
  createInterface(child.stdout).on('line', (line) => reported.push(line));
  const exit = once(child, 'exit');
  return {
    reported,
    async kill() {
      child.kill('SIGKILL');
      await exit;
    },
  };
}
