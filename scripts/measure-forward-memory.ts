/**
 * Measures the memory of `forward` over a large file: `npx tsx scripts/measure-forward-memory.ts`, or
 * `npx tsx scripts/measure-forward-memory.ts 1000000` for that many lines. Needs a build.
 *
 * The emulator runs in a process of its own. Ends with exit code 1 if the memory grew by more than a quarter.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const lines = Number(process.argv[2] ?? 1_000_000);
const cli = join(import.meta.dirname, '../dist/cli.js');

// The emulator's sample account, which opens nothing else.
const credentials = {
  CLEVERTAP_PROJECT_ID: 'EMULATED-1',
  CLEVERTAP_PROJECT_TOKEN: 'emulated-token',
  CLEVERTAP_PROJECT_PASSCODE: 'emulated-passcode',
};

/** One line in a hundred is none, so that records come back as well. */
async function writeLines(path: string): Promise<void> {
  const file = createWriteStream(path);
  for (let line = 0; line < lines; line += 1) {
    const record = {
      type: 'custom',
      name: 'Checkout',
      deviceIdentifier: `__g${line.toString(16).padStart(32, '0')}`,
      platform: 'android',
      timestamp: 1_760_000_000 + line,
      params: { line, city: 'Mumbai', items: 'shoes' },
    };
    if (!file.write(line % 100 === 50 ? 'no record\n' : `${JSON.stringify(record)}\n`)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
}

async function startEmulator(): Promise<{ readonly process: ChildProcess; readonly url: string }> {
  const emulator = spawn(process.execPath, [cli, 'emulate', '--quiet'], { stdio: ['ignore', 'ignore', 'pipe'] });
  let told = '';
  for await (const chunk of emulator.stderr) {
    told += String(chunk);
    const url = /Listening on (\S+)/.exec(told)?.[1];
    if (url !== undefined) return { process: emulator, url };
  }
  throw new Error(`the emulator did not start: ${told}`);
}

function residentKilobytes(pid: number): number {
  if (process.platform !== 'linux') return Number(spawnSync('ps', ['-o', 'rss=', '-p', `${pid}`]).stdout.toString());
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return Number.NaN;
  }
}

const folder = await mkdtemp(join(tmpdir(), 'clevertap-attribution-memory-'));
const emulator = await startEmulator();
try {
  const path = join(folder, 'events.ndjson');
  await writeLines(path);
  const args = ['forward', path, '--partner', 'airbridge', '--base-url', emulator.url];
  const startedAt = performance.now();
  const run = spawn(process.execPath, [cli, ...args, '--per-project', '64', '--json'], {
    env: { ...process.env, ...credentials },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let summary = '';
  run.stdout.on('data', (chunk: Buffer) => (summary += chunk.toString()));
  const samples: number[] = [];
  const sampling = setInterval(() => samples.push(residentKilobytes(run.pid ?? 0)), 1_000);
  await once(run, 'close');
  clearInterval(sampling);
  const seconds = (performance.now() - startedAt) / 1000;
  const sampled = samples.filter((kilobytes) => kilobytes > 0);
  const megabytesAt = (share: number) => Math.round((sampled[Math.floor((sampled.length - 1) * share)] ?? 0) / 1024);
  const { totals } = JSON.parse(summary) as { readonly totals: unknown };
  const figures = {
    lines,
    totals,
    seconds: Math.round(seconds),
    linesPerSecond: Math.round(lines / seconds),
    megabytes: {
      afterTenth: megabytesAt(0.1),
      afterHalf: megabytesAt(0.5),
      atEnd: megabytesAt(1),
      most: Math.round(Math.max(...sampled) / 1024),
    },
  };
  console.log(figures);
  const isFlat = figures.megabytes.atEnd <= figures.megabytes.afterTenth * 1.25;
  console.log(isFlat ? 'ok   flat' : 'FAIL memory grew');
  process.exitCode = isFlat ? 0 : 1;
} finally {
  emulator.process.kill();
  await rm(folder, { recursive: true });
}
