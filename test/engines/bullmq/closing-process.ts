import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const root = new URL('../../..', import.meta.url);

/** A process with an outbox on Redis, which closes that when it is told to and is then done. */
export interface ClosingProcess extends AsyncDisposable {
  /** Resolves once the outbox delivers. */
  readonly ready: Promise<void>;
  /** What it wrote to its standard error. */
  readonly errorOutput: () => string;
  /** Has it close outbox and client; gives how long the outbox took, in milliseconds, and how long the process still lived. */
  close(timeoutMs: number): Promise<{ readonly closedMs: number; readonly lingeredMs: number }>;
}

/** Starts a process that adds and delivers, to an endpoint that never answers; one event is out. */
export function startClosingProcess(url: string): ClosingProcess {
  const script = `
    import { once } from 'node:events';
    import { createServer } from 'node:http';
    import { AttributionClient } from './src/client.ts';
    import { bullmqQueue } from './src/engines/bullmq/index.ts';
    import { Outbox } from './src/outbox/outbox.ts';
    const endpoint = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(endpoint, 'listening');
    endpoint.unref();
    const client = new AttributionClient({
      partnerName: 'airbridge',
      credentials: { projectId: 'P-1', projectToken: 'token', projectPasscode: 'passcode' },
      baseUrl: 'http://127.0.0.1:' + endpoint.address().port,
      allowInsecureHttp: true,
    });
    const outbox = new Outbox({ client, queue: bullmqQueue({ connection: ${JSON.stringify(url)} }), onNotice: () => undefined });
    await outbox.start();
    await outbox.add({ type: 'custom', name: 'x', deviceIdentifier: '123e4567-e89b-42d3-a456-426614174000', platform: 'android' })
      .catch(() => undefined);
    while (outbox.counters().out === 0 && outbox.counters().added > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    process.stdout.write('ready\\n');
    const [timeoutMs] = await once(process.stdin, 'data');
    process.stdin.destroy();
    const { durationMs } = await outbox.close({ timeoutMs: Number(timeoutMs) });
    await client.close({ timeoutMs: 0 });
    process.stdout.write('closed ' + durationMs + '\\n');
  `;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let errorOutput = '';
  child.stderr.on('data', (chunk) => (errorOutput += String(chunk)));
  const lines = createInterface(child.stdout);
  const exit = once(child, 'exit');
  return {
    ready: Promise.race([once(lines, 'line'), exit]).then(() => {
      if (child.exitCode !== null) throw new Error(errorOutput);
    }),
    errorOutput: () => errorOutput,
    async close(timeoutMs) {
      const closed = once(lines, 'line') as Promise<[string]>;
      child.stdin.write(`${timeoutMs}\n`);
      const [line] = await closed;
      const closedAt = performance.now();
      await exit;
      return { closedMs: Number(line.replace('closed ', '')), lingeredMs: performance.now() - closedAt };
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exit;
    },
  };
}
