import { getEventListeners, setMaxListeners } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AttributionClient } from '../../src/client.js';
import type { Counters } from '../../src/observe/counters.js';
import { Outbox } from '../../src/outbox/outbox.js';
import type { OutboxCounters } from '../../src/outbox/outbox-report.js';
import type { QueueStats } from '../../src/outbox/queue.js';
import { sqliteQueue } from '../../src/outbox/sqlite/sqlite-queue.js';
import { seededRandom } from '../../src/testing/seeded-random.js';
import { Acquaintances } from './acquaintances.js';
import { Customers } from './customers.js';
import { EmulatorProcess } from './emulator-process.js';
import { growthOf, type Growth } from './growth.js';
import { StoreThreadSize } from './store-thread-size.js';
import { runTraffic, type TrafficTotals } from './traffic.js';
import {
  countFileDescriptors,
  countProcessListeners,
  takeVitalSigns,
  TOLERANCES,
  type VitalSign,
} from './vital-signs.js';
import { anyFault } from './weather.js';

/** How long to soak, and with which random numbers. */
export interface SoakSettings {
  readonly durationMs: number;
  readonly seed: number;
}

/** What is left of the process when all is closed, beyond what was there before. */
export interface Leftovers {
  readonly processListeners: number;
  readonly signalListeners: number;
  readonly fileDescriptors: number;
}

/** What came of it. */
export interface SoakReport {
  readonly growth: Readonly<Record<VitalSign, Growth>>;
  /** Events that were stored before the traffic began, to fill what remembers projects. */
  readonly storedBefore: number;
  /** Projects that had one event. */
  readonly acquaintances: number;
  readonly traffic: TrafficTotals;
  readonly client: Counters;
  /** Deliveries that were told in notices. */
  readonly toldDelivered: number;
  readonly outbox: OutboxCounters;
  readonly stored: QueueStats;
  readonly emulator: { readonly requests: number; readonly recorded: number };
  readonly customers: { readonly projects: number; readonly rotations: number };
  readonly left: Leftovers;
}

/** Samples of a run; what comes before its warm-up is over is not among them. */
const SAMPLES = 120;
const SHORTEST_PAUSE_MS = 200;
const WARM_UP_SHARE = 0.25;

/** Shorter runs are over before so many new projects have come that their traces show. */
const SHORTEST_FILLED_MS = 60_000;

const TURN_OVER_MS = 100;
const ROTATE_MS = 700;
const FAULT_MS = 300;
/** Seldom, as it holds up the outbox's thread; a run of seconds has but the one from before. */
const MEASURE_MS = 15_000;

/** Runs client, forward and outbox in one process through rough weather, and looks for what grows and what gets lost. */
export async function runSoak({ durationMs, seed }: SoakSettings): Promise<SoakReport> {
  const folder = mkdtempSync(join(tmpdir(), 'clevertap-attribution-soak-'));
  const path = join(folder, 'outbox.db');
  const random = seededRandom(seed);
  const emulator = await EmulatorProcess.start();
  const storeThread = new StoreThreadSize();
  const [listenersBefore, descriptorsBefore] = [countProcessListeners(), countFileDescriptors()];
  const customers = new Customers(emulator, random);
  const acquaintances = new Acquaintances(emulator);
  let toldDelivered = 0;
  const client = new AttributionClient({
    partnerName: 'airbridge',
    baseUrl: emulator.baseUrl,
    timeoutMs: 500,
    deadlineMs: 5_000,
    retry: { maxAttempts: 4, initialDelayMs: 5, maxDelayMs: 100 },
    concurrency: { total: 64 },
    connections: 32,
    onNotice: ({ type }) => {
      if (type === 'delivered') toldDelivered += 1;
    },
  });
  const outbox = new Outbox({
    client,
    queue: sqliteQueue({ path, rememberMs: 2_000 }),
    credentials: (projectId) => customers.find(projectId) ?? acquaintances.find(projectId),
    concurrency: 32,
    deadlineMs: 2_000,
    maxFailingMs: 3_000,
    retry: { initialDelayMs: 20, maxDelayMs: 500 },
    probe: { initialDelayMs: 200, maxDelayMs: 1_000 },
  });
  const stop = new AbortController();
  // As many as there are events under way: the point is that none stays.
  setMaxListeners(0, stop.signal);
  await outbox.start();
  const storedBefore = durationMs < SHORTEST_FILLED_MS ? 0 : await acquaintances.fillMemories({ client, outbox });
  await storeThread.measure();
  const around = [
    every(MEASURE_MS, () => void storeThread.measure()),
    every(FAULT_MS, () => emulator.fault(anyFault(random))),
    every(TURN_OVER_MS, () => customers.turnOver()),
    every(ROTATE_MS, () => rotate(customers, client, outbox, random)),
  ];
  const running = runTraffic({ client, outbox, customers, acquaintances, random, stop: stop.signal });
  const samples = await sample(durationMs, running, () => takeVitalSigns(stop.signal, storeThread));
  stop.abort();
  const traffic = await running;
  for (const timer of around) clearInterval(timer);
  // While the thread is there: one that is under way would not end.
  await storeThread.measure();
  emulator.calm();
  // What a last rotation has begun.
  await sleep(500);
  await outbox.close({ timeoutMs: 10_000 });
  await client.close({ timeoutMs: 10_000 });
  const counts = await emulator.counts();
  const stored = await statsOf(path);
  await sleep(100);
  const report: SoakReport = {
    growth: growthOfAll(samples),
    storedBefore,
    acquaintances: acquaintances.total,
    traffic,
    client: client.counters(),
    toldDelivered,
    outbox: outbox.counters(),
    stored,
    emulator: counts,
    customers: customers.totals,
    left: {
      processListeners: countProcessListeners() - listenersBefore,
      signalListeners: getEventListeners(stop.signal, 'abort').length,
      fileDescriptors: countFileDescriptors() - descriptorsBefore,
    },
  };
  await emulator.stop();
  rmSync(folder, { recursive: true, force: true });
  return report;
}

type Samples = Readonly<Record<VitalSign, number>>[];

async function sample(durationMs: number, running: Promise<unknown>, take: () => Samples[number]): Promise<Samples> {
  const samples: Samples = [];
  const startedAt = performance.now();
  const pauseMs = Math.max(SHORTEST_PAUSE_MS, durationMs / SAMPLES);
  while (performance.now() - startedAt < durationMs) {
    // Traffic that breaks must end the run.
    await Promise.race([sleep(pauseMs), running]);
    const signs = take();
    if (performance.now() - startedAt > durationMs * WARM_UP_SHARE) samples.push(signs);
  }
  return samples;
}

function growthOfAll(samples: Samples): Readonly<Record<VitalSign, Growth>> {
  const growths = Object.entries(TOLERANCES).map(([name, tolerance]) => {
    const values = samples.map((signs) => signs[name as VitalSign]);
    return [name, growthOf(values, tolerance)] as const;
  });
  return Object.fromEntries(growths) as Record<VitalSign, Growth>;
}

/** Half of the partners' vaults learn of new credentials at once; the others when some events were refused. */
function rotate(customers: Customers, client: AttributionClient, outbox: Outbox, random: () => number): void {
  const { next, learnt } = customers.rotate();
  const replace = (): void => {
    learnt();
    client.project(next).replaceCredentials(next);
    if (!outbox.closed) void outbox.release(next.projectId);
  };
  if (random() < 0.5) replace();
  else setTimeout(replace, 400);
}

function every(ms: number, action: () => void): NodeJS.Timeout {
  return setInterval(action, ms);
}

/** What is in the file, as the next process would find it. */
async function statsOf(path: string): Promise<QueueStats> {
  const queue = sqliteQueue({ path });
  try {
    return await queue.stats();
  } finally {
    await queue.close();
  }
}
