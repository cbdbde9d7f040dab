/**
 * One service and two workers on one Redis, each a process of its own, against the emulator: adds events through the service
 * and stops all of them once everything has arrived.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import type { CredentialsInput } from 'clevertap-attribution';
import { startEmulator, type ListeningEmulator } from 'clevertap-attribution/testing';

class Program {
  readonly lines: string[] = [];
  readonly #process: ChildProcess;
  readonly #exited: Promise<unknown>;

  constructor(file: string, env: Readonly<Record<string, string>>) {
    const args = ['--import', 'tsx', join(import.meta.dirname, file)];
    this.#process = spawn(process.execPath, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#exited = once(this.#process, 'exit');
    if (this.#process.stdout !== null) {
      createInterface(this.#process.stdout).on('line', (line) => this.lines.push(line));
    }
  }

  /** Its first line, which says that it is ready. */
  async ready(): Promise<string> {
    while (this.lines[0] === undefined) {
      if (this.#process.exitCode !== null) throw new Error('a process did not start');
      await pause(10);
    }
    return this.lines[0];
  }

  /** Stops it in order, if it runs still; gives its last line. */
  async stop(): Promise<string | undefined> {
    this.#process.kill('SIGTERM');
    await this.#exited;
    return this.lines.at(-1);
  }
}

export interface RunOptions {
  readonly redisUrl: string;
  readonly emulator: ListeningEmulator<string>;
  readonly account: CredentialsInput;
  readonly events: number;
}

/** Gives what each worker said at its end. */
export async function main({ redisUrl, emulator, account, events }: RunOptions): Promise<(string | undefined)[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bullmq-example-'));
  const credentials = join(folder, 'projects.json');
  await writeFile(credentials, JSON.stringify([account]), { mode: 0o600 });
  const service = new Program('service.ts', { REDIS_URL: redisUrl });
  const forWorkers = { REDIS_URL: redisUrl, CREDENTIALS: credentials, BASE_URL: emulator.baseUrl };
  const workers = [new Program('worker.ts', forWorkers), new Program('worker.ts', forWorkers)];
  try {
    await Promise.all(workers.map((worker) => worker.ready()));
    const url = (await service.ready()).replace('listening on ', '');
    await Promise.all(Array.from({ length: events }, (_, index) => post(`${url}/events`, account.projectId, index)));
    const deadline = Date.now() + 60_000;
    while (emulator.counts.recorded < events) {
      if (Date.now() > deadline) throw new Error('not everything has arrived within a minute');
      await pause(10);
    }
    return await Promise.all(workers.map((worker) => worker.stop()));
  } finally {
    await Promise.all([service, ...workers].map((program) => program.stop()));
    await rm(folder, { recursive: true });
  }
}

async function post(url: string, projectId: string, index: number): Promise<void> {
  const event = { type: 'custom', name: 'Checkout', deviceIdentifier: `__g${index}`, platform: 'android' };
  const response = await fetch(url, {
    method: 'POST',
    body: JSON.stringify({ projectId, id: `checkout-${index}`, event: { ...event, params: { number: index } } }),
  });
  if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`);
}

if (process.argv[1] === import.meta.filename) {
  const account = { projectId: 'W6W-797-865Z', projectToken: 'aca-060', projectPasscode: 'your-passcode' };
  await using emulator = await startEmulator({ listen: 'single', accounts: [account], partners: ['airbridge'] });
  const redisUrl = process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379';
  console.log(await main({ redisUrl, emulator, account, events: 500 }));
  console.log(`${emulator.counts.recorded} recorded`);
}
