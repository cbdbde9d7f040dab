import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';

/** Settings under which Redis keeps what it has acknowledged. */
export const DURABLE = { appendonly: 'yes', appendfsync: 'always', 'maxmemory-policy': 'noeviction' };

/** A redis-server of a test's own: its port and its data outlive a stop, so that it can come back. */
export class RedisServer {
  readonly port: number;
  readonly #folder: string;
  readonly #settings: Readonly<Record<string, string>>;
  #process: ChildProcess | undefined;

  private constructor(port: number, folder: string, settings: Readonly<Record<string, string>>) {
    this.port = port;
    this.#folder = folder;
    this.#settings = settings;
  }

  /** Starts a server on a free port. */
  static async start(settings: Readonly<Record<string, string>> = DURABLE): Promise<RedisServer> {
    const folder = await mkdtemp(join(tmpdir(), 'clevertap-attribution-redis-'));
    const server = new RedisServer(await freePort(), folder, settings);
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it again after a stop, with the data that it had. */
  async start(): Promise<void> {
    const settings = { bind: '127.0.0.1', port: `${this.port}`, dir: this.#folder, save: '', ...this.#settings };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
    const server = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#process = server;
    // So that a test that dies takes its server with it.
    process.once('exit', () => server.kill('SIGKILL'));
    let log = '';
    for await (const chunk of server.stdout) {
      log += String(chunk);
      if (log.includes('Ready to accept connections')) break;
    }
    if (!log.includes('Ready to accept connections')) throw new Error(`redis-server did not start: ${log}`);
  }

  /** Kills it as a power cut would; what was acknowledged must still be there after a start. */
  async kill(): Promise<void> {
    const server = this.#process;
    this.#process = undefined;
    if (server === undefined || server.exitCode !== null) return;
    const exit = once(server, 'exit');
    server.kill('SIGKILL');
    await exit;
  }

  /** Has it answer nothing, with its connections open, until the function it gives is called. */
  freeze(): () => void {
    this.#process?.kill('SIGSTOP');
    return () => this.#process?.kill('SIGCONT');
  }

  /** Kills it and removes its data. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Runs one command, past the engine. */
  async command(name: string, ...args: string[]): Promise<unknown> {
    const redis = new Redis(this.port, '127.0.0.1');
    try {
      return await redis.call(name, ...args);
    } finally {
      redis.disconnect();
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
