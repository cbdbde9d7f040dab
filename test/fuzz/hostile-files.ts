import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { CommanderError } from 'commander';
import fc from 'fast-check';
import { createProgram } from '../../src/cli/cli.js';
import { FileError } from '../../src/cli/file-error.js';
import type { StatusTotals } from '../../src/cli/status-totals.js';
import { printable, type Terminal } from '../../src/cli/terminal.js';
import { UsageError } from '../../src/cli/usage-error.js';
import { isAttributionError } from '../../src/errors.js';
import { startEmulator, type ListeningEmulator } from '../../src/testing/index.js';
import { canariesIn, canaryCredentials } from '../support/canary.js';
import { mustHold, withoutUncaught, type HostileInput } from './hostile-input.js';

/** A file of records, and which of them must get through whatever stands beside them. */
interface HostileFile {
  readonly name: string;
  readonly content: Uint8Array;
  /** Device identifiers of good records; with a damaged archive, of none. */
  readonly good: readonly string[];
}

const noise = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.string({ unit: 'binary', maxLength: 80 }).map((text) => Buffer.from(text)),
  fc
    .string({ unit: fc.constantFrom('"', ',', '\n', '\r', '{', '}', '\\', '\0', 'x', '='), maxLength: 60 })
    .map((text) => Buffer.from(text)),
  fc.json().map((text) => Buffer.from(text)),
  fc
    .constantFrom('{"type":"custom"}', '{"__proto__":{"x":1}}', '{"raw":"x"}', '['.repeat(5_000))
    .map((text) => Buffer.from(text)),
  // As long as a line may be, and longer.
  fc.constantFrom(8_000, 1_200_000).map((length) => Buffer.alloc(length, 'y')),
);

const RECORD = { type: 'custom', name: 'Opened', platform: 'android' };

/** Whether a text begins as JSON over several lines does, which is refused as a whole. */
function beginsOtherJson(text: string): boolean {
  return /^\s*(?:\{[^\S\n]*\n\s*\S|\[)/.test(text) && !isJson(text);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function ndjson(blocks: readonly Buffer[]): { content: Buffer; good: string[] } {
  const good = blocks.map((_, index) => `good-${index}`);
  const lines = good.map((deviceIdentifier) => Buffer.from(`\n${JSON.stringify({ ...RECORD, deviceIdentifier })}\n`));
  return {
    content: Buffer.concat(blocks.flatMap((block, index) => [block, lines[index] ?? Buffer.alloc(0)])),
    good: beginsOtherJson(String(blocks[0])) ? [] : good,
  };
}

// A quote that is left open may take one row with it, which comes back as rejected; never the one behind it.
function csv(blocks: readonly Buffer[]): { content: Buffer; good: string[] } {
  const row = (id: string) => Buffer.from(`\ncustom,"Opened",android,"${id}"\n`);
  const parts = blocks.flatMap((block, index) => [block, row(`maybe-${index}`), row(`good-${index}`)]);
  return {
    content: Buffer.concat([Buffer.from('type,name,platform,deviceIdentifier\n'), ...parts]),
    good: blocks.map((_, index) => `good-${index}`),
  };
}

const blocks = fc.array(noise, { minLength: 1, maxLength: 6 });

const file: fc.Arbitrary<HostileFile> = fc.oneof(
  { weight: 4, arbitrary: blocks.map((of) => ({ name: 'a.ndjson', ...ndjson(of) })) },
  { weight: 4, arbitrary: blocks.map((of) => ({ name: 'a.csv', ...csv(of) })) },
  { weight: 2, arbitrary: noise.map((content) => ({ name: 'a.csv', content, good: [] })) },
  {
    weight: 2,
    arbitrary: fc.tuple(blocks, fc.nat(), fc.nat({ max: 255 }), fc.boolean()).map(([of, at, byte, isCut]) => {
      const packed = gzipSync(ndjson(of).content);
      // Behind the magic, by which it is known as an archive.
      const place = 2 + (at % (packed.length - 2));
      if (!isCut) packed[place] = byte;
      return { name: 'a.ndjson.gz', content: isCut ? packed.subarray(0, place) : packed, good: [] };
    }),
  },
);

class Recorder implements Terminal {
  readonly lines: string[] = [];
  readonly interactive = false;

  print(line: string): void {
    this.lines.push(printable(line));
  }

  note(line: string): void {
    this.lines.push(printable(line));
  }
}

/** Runs the command line in this process; gives what it printed. */
async function run(args: readonly string[]): Promise<readonly string[]> {
  const terminal = new Recorder();
  const exitCode = process.exitCode;
  try {
    await createProgram(terminal).parseAsync(['node', 'clevertap-attribution', ...args]);
  } catch (error) {
    const isKnown =
      error instanceof UsageError ||
      error instanceof FileError ||
      error instanceof CommanderError ||
      isAttributionError(error);
    if (!isKnown) throw error;
    terminal.note(error.message);
  } finally {
    process.exitCode = exitCode;
  }
  return terminal.lines;
}

/** Number of records in a file of those that came back, each of them JSON; 0 where there is none. */
function recordsIn(path: string): number {
  if (!existsSync(path)) return 0;
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  for (const line of lines) JSON.parse(line);
  return lines.length;
}

async function checkFile(
  { name, content, good }: HostileFile,
  folder: string,
  emulator: ListeningEmulator<string>,
): Promise<void> {
  emulator.reset();
  const path = join(folder, name);
  writeFileSync(path, content);
  const common = [
    '--base-url',
    emulator.baseUrl,
    '--partner',
    'airbridge',
    '--credentials',
    join(folder, 'projects.json'),
  ];
  const startedAt = performance.now();
  const printed = [
    ...(await run(['check', path])),
    ...(await run(['forward', path, '--json', '--restart', ...common])),
  ];
  mustHold(performance.now() - startedAt < 10_000, 'it ends soon');
  mustHold(
    !printed.some((line) => canariesIn(line).length > 0 || /\p{Cc}/u.test(line)),
    'it prints lines without secrets',
  );
  const received = new Set(emulator.received.map(({ deviceIdentifier }) => deviceIdentifier));
  mustHold(
    good.every((id) => received.has(id)),
    'every good record gets through',
  );
  const summary = printed.find((line) => line.startsWith('{"finishedAlready"'));
  // Without one nothing was sent: the file as a whole is none.
  mustHold(summary !== undefined || emulator.counts.requests === 0, 'what was sent is told');
  if (summary === undefined) return;
  const { delivered, rejected, failed } = (JSON.parse(summary) as { totals: StatusTotals }).totals;
  mustHold(delivered === emulator.counts.recorded, 'as many are told as delivered as were recorded');
  mustHold(rejected === recordsIn(`${path}.rejected.ndjson`), 'every rejected record comes back');
  mustHold(failed === 0, 'nothing fails that could be sent');
}

async function checkFiles(numRuns: number, seed: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'clevertap-attribution-fuzz-'));
  const credentials = canaryCredentials();
  writeFileSync(join(folder, 'projects.json'), JSON.stringify([credentials]), { mode: 0o600 });
  const emulator = await startEmulator({ accounts: [credentials], listen: 'single' });
  const property = fc.asyncProperty(file, (given) => checkFile(given, folder, emulator));
  try {
    await withoutUncaught(() => fc.assert(property, { numRuns, seed, endOnFailure: true }));
  } finally {
    await emulator.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Whatever stands in files of events, through the command line. */
export const hostileFiles: HostileInput = {
  name: 'files of events, through the command line',
  share: 1 / 50,
  check: checkFiles,
};
