import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Store } from '../../src/outbox/sqlite/store.js';
import { openRaw } from '../outbox/sqlite/raw-database.js';
import { DiskModel, type Survival } from './disk-model.js';
import { readTrace, TRACED_CALLS } from './system-call-trace.js';

/** How to let the power fail. */
export interface PowerLossPlan {
  /** How often the outbox is opened, filled, emptied and closed. */
  readonly sessions: number;
  /** Events of each session. */
  readonly events: number;
  /** Images that keep a random part of what was not synced, for each sync; beside one that keeps nothing and one that keeps all. */
  readonly randomImages: number;
  readonly random: () => number;
  /** Whether the syncs of the write-ahead log are taken for nothing, to see that the loss is noticed. */
  readonly withoutLogSyncs?: boolean;
}

/** What was seen. */
export interface PowerLossReport {
  /** Syncs that the power failed at, right before each had ended. */
  readonly syncs: number;
  readonly images: number;
  /** Events that had been accepted in the end. */
  readonly accepted: number;
  /** Images in which an accepted event was missing, that were not whole, or that the outbox does not open. */
  readonly failures: readonly string[];
}

/** Whether system calls can be recorded here. */
export function hasStrace(): boolean {
  return spawnSync('strace', ['-V']).status === 0;
}

const root = join(import.meta.dirname, '../..');
const main = join(import.meta.dirname, 'power-loss-main.ts');

/**
 * Records the system calls of a process that works on an outbox's file, rebuilds the files as a power failure right before the
 * end of each sync might have left them, and opens each of these images as the outbox does.
 */
export async function losePower(plan: PowerLossPlan): Promise<PowerLossReport> {
  // The trace has the path that the system knows.
  const folder = realpathSync(await mkdtemp(join(tmpdir(), 'clevertap-attribution-power-')));
  try {
    const [recorded, images, trace] = [join(folder, 'disk'), join(folder, 'images'), join(folder, 'trace')];
    mkdirSync(recorded);
    mkdirSync(images);
    await record(plan, recorded, trace);
    return await fail(plan, recorded, trace, images);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function record({ sessions, events }: PowerLossPlan, folder: string, trace: string): Promise<void> {
  const strace = ['-f', '-y', '-xx', '-s', '10000000', '--seccomp-bpf', '-e', `trace=${TRACED_CALLS}`, '-o', trace];
  const program = [process.execPath, '--import', 'tsx', main];
  const args = [join(folder, 'outbox.db'), join(folder, 'notes'), `${sessions}`, `${events}`];
  const child = spawn('strace', [...strace, ...program, ...args], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`the recorded process ended with ${code}`);
}

async function fail(plan: PowerLossPlan, folder: string, trace: string, images: string): Promise<PowerLossReport> {
  const disk = new DiskModel(folder, (name) => plan.withoutLogSyncs === true && name.endsWith('-wal'));
  const accepted = new Set<string>();
  /** Events that may be gone: they were delivered, or that was about to be noted. */
  const mayBeGone = new Set<string>();
  const failures: string[] = [];
  const survivals: Survival[] = ['none', 'all', ...Array<Survival>(plan.randomImages).fill('some')];
  let syncs = 0;
  for await (const call of readTrace(trace, folder)) {
    if (call.name === 'write' && basename(call.paths[0] ?? '') === 'notes') {
      for (const line of String(call.data).trim().split('\n')) {
        (line.startsWith('A ') ? accepted : mayBeGone).add(line.slice(2));
      }
      continue;
    }
    if (call.paths.some((path) => basename(path) === 'notes')) continue;
    if (call.name === 'fsync' || call.name === 'fdatasync') {
      syncs += 1;
      const needed = [...accepted].filter((id) => !mayBeGone.has(id));
      for (const [number, survival] of survivals.entries()) {
        const path = join(images, 'outbox.db');
        const trouble = troubleIn(disk.image(survival, plan.random), path, needed, plan.random);
        if (trouble !== undefined) failures.push(`sync ${syncs}, image ${number} (${survival}): ${trouble}`);
      }
    }
    disk.apply(call);
  }
  return { syncs, images: syncs * survivals.length, accepted: accepted.size, failures };
}

/** What is wrong with an image, if anything. */
function troubleIn(
  image: ReadonlyMap<string, Buffer>,
  path: string,
  needed: readonly string[],
  random: () => number,
): string | undefined {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${path}${suffix}`, { force: true });
  for (const [name, content] of image) if (!name.endsWith('-shm')) writeFileSync(join(path, '..', name), content);
  // Never synced, and mapped into memory: it may hold anything.
  if (random() < 0.5) writeFileSync(`${path}-shm`, Buffer.alloc(32_768, Math.floor(random() * 256)));
  if (!existsSync(path)) return needed.length === 0 ? undefined : 'the file is gone';
  let database;
  try {
    database = openRaw(path);
    const options = { maxEvents: 1_000_000, maxBytes: 2 ** 30, maxShare: 1, rememberMs: 86_400_000, lockTimeoutMs: 0 };
    // As the outbox opens it, with all that it looks at.
    new Store(database, options, { now: Date.now, newLease: () => 1 });
    const { integrity_check: integrity } = database.prepare('PRAGMA integrity_check').get() as {
      integrity_check: string;
    };
    if (integrity !== 'ok') return integrity;
    const rows = database.prepare('SELECT id FROM items UNION ALL SELECT id FROM dead').all() as { id: string }[];
    const there = new Set(rows.map(({ id }) => id));
    const missing = needed.filter((id) => !there.has(id));
    return missing.length === 0 ? undefined : `${missing.length} of ${needed.length} accepted events are missing`;
  } catch (error) {
    return String(error);
  } finally {
    database?.close();
  }
}
