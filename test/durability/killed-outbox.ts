import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmulator } from '../../src/testing/index.js';
import { openRaw } from '../outbox/sqlite/raw-database.js';
import { canaryCredentials } from '../support/canary.js';
import { OutboxProcess } from './outbox-process.js';

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
  /** Most events that arrived in one run and were repeated later: they were out when it was killed. */
  readonly worstRepeats: number;
  readonly deadLetters: number | undefined;
  readonly integrity: string;
  readonly exitCode: number | null;
  /** What all runs printed beside the ids, for the search for secrets. */
  readonly output: string;
}

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
  const start = (producers: number) => {
    // A lease that is short, so that what a killed run had is due again before long.
    const { inFlight } = plan;
    const task = {
      store: path,
      baseUrl: emulator.baseUrl,
      run: `${run}`,
      producers,
      inFlight,
      leaseMs: 1_000,
      projects,
    };
    return new OutboxProcess(task, (id) => accepted.add(id));
  };
  try {
    for (; run < plan.kills; run += 1) {
      const killed = start(plan.producers);
      const before = accepted.size;
      while (accepted.size === before && killed.child.exitCode === null) await pause(1);
      await pause(plan.random() * plan.longestRunMs);
      killed.child.kill('SIGKILL');
      const exitCode = await killed.exited;
      output += killed.output;
      if (exitCode !== null) throw new Error(`a run ended by itself:\n${output}`);
    }
    const last = start(0);
    const exitCode = await last.exited;
    output += last.output;
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
      deadLetters: last.said.deadLetters,
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
