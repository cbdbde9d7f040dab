import { regions, type RegionCode } from '../contract/regions.js';
import { ValidationError } from '../errors.js';
import { EmulatedEndpoint } from './emulated-endpoint.js';
import { Emulator } from './emulator.js';
import {
  resolveListenOptions,
  type ListenOptions,
  type RegionsListenOptions,
  type SingleListenOptions,
} from './emulator-options.js';
import { EndpointListener } from './endpoint-listener.js';

/** The URL of each region's listener: what a client takes as `baseUrl`. */
export type RegionUrls = Readonly<Record<RegionCode, string>>;

/** Sockets that are open now. */
export interface OpenConnections {
  /** Of all regions together. */
  readonly total: number;
  /** Per region; empty where one port serves all. */
  readonly byRegion: Readonly<Partial<Record<RegionCode, number>>>;
}

/** An emulator on ports of the loopback address. Its ways in without a socket share the same state. */
export class ListeningEmulator<Url extends RegionUrls | string = RegionUrls> extends Emulator {
  /** What a client takes as `baseUrl`. */
  readonly baseUrl: Url;
  readonly #listeners: readonly EndpointListener[];

  /** @internal Use `startEmulator`. */
  constructor(endpoint: EmulatedEndpoint, listeners: readonly EndpointListener[], baseUrl: Url) {
    super(endpoint);
    this.#listeners = listeners;
    this.baseUrl = baseUrl;
  }

  /** Sockets that are open now. */
  get connections(): OpenConnections {
    const total = this.#listeners.reduce((sum, { connections }) => sum + connections, 0);
    const byRegion = this.#listeners.flatMap(({ region, connections }) =>
      region === undefined ? [] : [[region, connections] as const],
    );
    return { total, byRegion: Object.fromEntries(byRegion) };
  }

  /** Destroys open sockets and ends all that waits; resolves when all ports are free. Can be called more than once. */
  override async close(): Promise<void> {
    await super.close();
    await Promise.all(this.#listeners.map((listener) => listener.close()));
  }
}

/**
 * Starts an emulator on the loopback address: one listener per region, each of which takes only its own accounts, or with
 * `listen: 'single'` one port where no region is checked.
 *
 * Rejects with a `ValidationError` if an option is wrong, a port that is taken included.
 */
export function startEmulator(options?: RegionsListenOptions): Promise<ListeningEmulator>;
export function startEmulator(options: SingleListenOptions): Promise<ListeningEmulator<string>>;
export function startEmulator(options: ListenOptions): Promise<ListeningEmulator<RegionUrls | string>>;
export async function startEmulator(options: ListenOptions = {}): Promise<ListeningEmulator<RegionUrls | string>> {
  const resolved = resolveListenOptions(options);
  const endpoint = new EmulatedEndpoint(resolved);
  if (resolved.listen === 'single') {
    const listener = new EndpointListener(endpoint, undefined);
    await listenAll([listener], resolved.port);
    return new ListeningEmulator(endpoint, [listener], listener.url);
  }
  const listeners = regions.map(({ code }) => new EndpointListener(endpoint, code));
  await listenAll(listeners, 0);
  const urls = Object.fromEntries(listeners.map(({ region, url }) => [region, url])) as RegionUrls;
  return new ListeningEmulator(endpoint, listeners, urls);
}

async function listenAll(listeners: readonly EndpointListener[], port: number): Promise<void> {
  // All settled first: a listener that is still on its way up cannot be closed.
  const results = await Promise.allSettled(listeners.map((listener) => listener.listen(port)));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed === undefined) return;
  await Promise.all(listeners.map((listener) => listener.close()));
  const { code = 'unknown error' } = failed.reason as NodeJS.ErrnoException;
  throw new ValidationError('emulator options', [{ path: ['port'], message: `cannot be listened on (${code})` }]);
}
