import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmulator } from '../../src/testing/index.js';
import { canaryCredentials } from '../support/canary.js';

const cli = join(import.meta.dirname, '../../dist/cli.js');

/** How to torture `forward`. */
export interface KillPlan {
  readonly lines: number;
  readonly kills: number;
  /** Requests that may be in flight, and so be repeated by the run that follows a kill. */
  readonly inFlight: number;
  /** 0 to 1: when to kill, as a share of the time that is left. */
  readonly random: () => number;
  /** How long a run may go before it is killed at the latest, in milliseconds. */
  readonly longestRunMs: number;
}

/** What was seen. */
export interface KillReport {
  /** Kills that hit a run which was under way. */
  readonly kills: number;
  /** Events that the emulator has, of those that the file holds. */
  readonly distinct: number;
  /** Events that it has more than once, counted as often as they are there too much. */
  readonly repeats: number;
  /** Most repeats that a single kill led to. */
  readonly worstRepeats: number;
  /** Exit code of the run that came to the end. */
  readonly exitCode: number | null;
  /** What all runs printed, for the search for secrets. */
  readonly output: string;
}

/** Runs `forward` on a file again and again, killing it with SIGKILL at random moments, until it comes to the end. */
export async function killForward(plan: KillPlan): Promise<KillReport> {
  const folder = await mkdtemp(join(tmpdir(), 'clevertap-attribution-kills-'));
  const projects = Array.from({ length: 8 }, (_, index) => canaryCredentials({ projectId: `KILL-${index}` }));
  const times = new Map<string, number>();
  const emulator = await startEmulator({
    listen: 'single',
    accounts: projects,
    keep: 0,
    onRequest: ({ recorded, params }) => {
      const id = params['line'];
      if (recorded && id !== undefined) times.set(id, (times.get(id) ?? 0) + 1);
    },
  });
  try {
    const file = join(folder, 'events.ndjson');
    const credentials = join(folder, 'projects.json');
    await writeFile(credentials, JSON.stringify(projects), { mode: 0o600 });
    await writeLines(file, plan.lines);
    const args = [
      'forward',
      file,
      '--partner',
      'airbridge',
      '--credentials',
      credentials,
      '--base-url',
      emulator.baseUrl,
    ];
    let output = '';
    let kills = 0;
    let worstRepeats = 0;
    let repeatsBefore = 0;
    for (;;) {
      const child = spawn(process.execPath, [cli, ...args, '--total', String(plan.inFlight)], { cwd: folder });
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
      const exited = once(child, 'exit') as Promise<[number | null, string | null]>;
      if (kills < plan.kills) {
        // Counted from the first request of this run, so that no kill is wasted on the start.
        const seen = emulator.counts.requests;
        while (emulator.counts.requests === seen && child.exitCode === null) await pause(1);
        await Promise.race([exited, pause(plan.random() * plan.longestRunMs)]);
        child.kill('SIGKILL');
      }
      const [exitCode, signal] = await exited;
      const repeats = repeatsIn(times);
      worstRepeats = Math.max(worstRepeats, repeats - repeatsBefore);
      repeatsBefore = repeats;
      if (signal !== null) kills += 1;
      else return { kills, distinct: times.size, repeats, worstRepeats, exitCode, output };
    }
  } finally {
    await emulator.close();
    await rm(folder, { recursive: true });
  }
}

async function writeLines(path: string, lines: number): Promise<void> {
  const file = createWriteStream(path);
  for (let line = 0; line < lines; line += 1) {
    const record = {
      projectId: `KILL-${line % 8}`,
      type: 'custom',
      name: 'Checkout',
      deviceIdentifier: `__g${line}`,
      platform: 'android',
      timestamp: 1_760_000_000 + line,
      params: { line },
    };
    if (!file.write(`${JSON.stringify(record)}\n`)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
}

function repeatsIn(times: ReadonlyMap<string, number>): number {
  let repeats = 0;
  for (const count of times.values()) repeats += count - 1;
  return repeats;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
