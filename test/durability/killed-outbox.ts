import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startEmulator } from '../../src/testing/index.js';
import { openRaw } from '../outbox/sqlite/raw-database.js';
import { canaryCredentials } from '../support/canary.js';

/** How to torture an outbox. */
export interface OutboxKillPlan {
  readonly kills: number;
  readonly producers: number;
  /** Events that may be out for delivery, and so be repeated after a kill. */
  readonly inFlight: number;
  /** 0 to 1: when to kill, as a share of the longest run. */
  readonly random: () => number;
  /** How long a run may go before it is killed at the latest, in milliseconds. */
  readonly longestRunMs: number;
}

/** What was seen. */
export interface OutboxKillReport {
  readonly kills: number;
  /** Events that `add` had resolved for. */
  readonly accepted: number;
  /** Accepted events that have not arrived. */
  readonly missing: readonly string[];
  /** Events that arrived without having been accepted: `add` was under way at the kill. */
  readonly unacknowledged: number;
  /** Events that arrived more than once, counted as often as they arrived too much. */
  readonly repeats: number;
  /** Most events that were out when a kill came, as the emulator saw it: arrived, and repeated later. */
  readonly worstRepeats: number;
  readonly deadLetters: number;
  readonly integrity: string;
  readonly exitCode: number | null;
  /** What all runs printed beside the ids, for the search for secrets. */
  readonly output: string;
}

const main = join(import.meta.dirname, 'outbox-process-main.ts');
const root = join(import.meta.dirname, '../..');

/**
 * Runs producers and a delivery over one file, killing them with SIGKILL at random moments, then a delivery to the end; a kill
 * counts from the moment that a run has accepted its first event.
 */
export async function killOutbox(plan: OutboxKillPlan): Promise<OutboxKillReport> {
  const folder = await mkdtemp(join(tmpdir(), 'clevertap-attribution-outbox-kills-'));
  const path = join(folder, 'outbox.db');
  const projects = Array.from({ length: 8 }, (_, index) => canaryCredentials({ projectId: `KILL-${index}` }));
  const accepted = new Set<string>();
  /** In which run each arrival of an event was. */
  const arrivals = new Map<string, number[]>();
  let run = 0;
  const emulator = await startEmulator({
    listen: 'single',
    accounts: projects,
    keep: 0,
    onRequest: ({ recorded, params }) => {
      const id = params['id'];
      if (recorded && id !== undefined) arrivals.set(id, [...(arrivals.get(id) ?? []), run]);
    },
  });
  let output = '';
  let deadLetters = -1;
  const start = (producers: number) => {
    const args = [path, emulator.baseUrl, `${run}`, `${producers}`, `${plan.inFlight}`];
    const child = spawn(process.execPath, ['--import', 'tsx', main, ...args], {
      cwd: root,
      env: { ...process.env, PROJECTS: JSON.stringify(projects) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    createInterface(child.stdout).on('line', (line) => {
      if (/^\d+-\d+-\d+$/.test(line)) accepted.add(line);
      else if (line.startsWith('dead letters: ')) deadLetters = Number(line.slice(14));
      // A line that was cut off is an event whose acceptance nobody has heard of.
    });
    return { child, exited: once(child, 'close') as Promise<[number | null]> };
  };
  try {
    for (; run < plan.kills; run += 1) {
      const { child, exited } = start(plan.producers);
      const before = accepted.size;
      while (accepted.size === before && child.exitCode === null) await pause(1);
      await pause(plan.random() * plan.longestRunMs);
      child.kill('SIGKILL');
      const [exitCode] = await exited;
      if (exitCode !== null) throw new Error(`a run ended by itself:\n${output}`);
    }
    const [exitCode] = await start(0).exited;
    const repeatsByRun = new Map<number, number>();
    for (const runs of arrivals.values()) {
      // Each but the last was out when the run that it was in was killed.
      for (const each of runs.slice(0, -1)) repeatsByRun.set(each, (repeatsByRun.get(each) ?? 0) + 1);
    }
    return {
      kills: plan.kills,
      accepted: accepted.size,
      missing: [...accepted].filter((id) => !arrivals.has(id)),
      unacknowledged: [...arrivals.keys()].filter((id) => !accepted.has(id)).length,
      repeats: [...repeatsByRun.values()].reduce((sum, count) => sum + count, 0),
      worstRepeats: Math.max(0, ...repeatsByRun.values()),
      deadLetters,
      integrity: integrityOf(path),
      exitCode,
      output,
    };
  } finally {
    await emulator.close();
    await rm(folder, { recursive: true });
  }
}

function integrityOf(path: string): string {
  const database = openRaw(path);
  try {
    return (database.prepare('PRAGMA integrity_check').get() as { integrity_check: string }).integrity_check;
  } finally {
    database.close();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
