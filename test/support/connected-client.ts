import { onTestFinished } from 'vitest';
import { AttributionClient } from '../../src/client.js';
import type { UtmPolicy } from '../../src/contract/event.js';
import type { Notice } from '../../src/observe/notice.js';
import type { ClientOptions } from '../../src/options.js';
import {
  startEmulator,
  type EmulatorOptions,
  type FaultKind,
  type ListeningEmulator,
} from '../../src/testing/index.js';
import { canaryCredentials } from './canary.js';

/** Back-off that is there, and takes no time to speak of. */
export const QUICK = { initialDelayMs: 2, maxDelayMs: 4 } as const;

/** A time-out that is short where a fault withholds the answer, and else far away, however busy the machine is. */
export function timeoutFor({ kind }: { readonly kind: FaultKind }): number {
  return kind === 'hang' || kind === 'stalled_body' ? 200 : 30_000;
}

type Settings<Policy extends UtmPolicy> = Partial<ClientOptions<Policy>> & { readonly emulator?: EmulatorOptions };

/** A client with all that it has told, closed when the test is over. */
export interface WatchedClient<Policy extends UtmPolicy = 'all'> {
  readonly client: AttributionClient<Policy>;
  /** Every notice so far. */
  readonly notices: Notice[];
  /** The notices of one type so far. */
  readonly told: <Type extends Notice['type']>(type: Type) => Extract<Notice, { type: Type }>[];
}

/** Makes a client for the canary credentials that retries quickly. */
export function watchedClient<Policy extends UtmPolicy = 'all'>(
  options: Partial<ClientOptions<Policy>> = {},
): WatchedClient<Policy> {
  const notices: Notice[] = [];
  const client = new AttributionClient<Policy>({
    partnerName: 'airbridge',
    credentials: canaryCredentials(),
    ...options,
    retry: { ...QUICK, ...options.retry },
    onNotice: (notice: Notice) => {
      notices.push(notice);
      return options.onNotice?.(notice);
    },
  });
  onTestFinished(async () => {
    await client.close({ timeoutMs: 0 });
  });
  const told = <Type extends Notice['type']>(type: Type) =>
    notices.filter((notice): notice is Extract<Notice, { type: Type }> => notice.type === type);
  return { client, notices, told };
}

/** Starts an emulator on one port that knows the canary account, closed when the test is over. */
export async function canaryEmulator(options: EmulatorOptions = {}): Promise<ListeningEmulator<string>> {
  const emulator = await startEmulator({ accounts: [canaryCredentials()], ...options, listen: 'single' });
  onTestFinished(() => emulator.close());
  return emulator;
}

/** Starts an emulator and a client that sends to it. */
export async function connectedClient<Policy extends UtmPolicy = 'all'>(
  settings: Settings<Policy> = {},
): Promise<WatchedClient<Policy> & { readonly emulator: ListeningEmulator<string> }> {
  const { emulator: emulatorOptions, ...options } = settings;
  const emulator = await canaryEmulator(emulatorOptions);
  return { emulator, ...watchedClient({ baseUrl: emulator.baseUrl, ...options }) };
}
