/**
 * Measures what installing and importing the package costs: `npm run measure:package`, or with `-- --write` to put the
 * table into README.md, and `-- --rounds 51` for more rounds.
 *
 * Sizes are of the packed tarball and of an installation of it in an empty folder, made with npm. The cold start is the
 * time that `import()` takes in a fresh process, each process taking its turn in every round, so that what else the
 * machine does falls on all alike.
 */
import { spawnSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { npm, packPackage, root, type PackedPackage } from './packed-package.js';

const BEGIN = '<!-- package-figures -->';
const END = '<!-- /package-figures -->';

const IMPORTS: readonly { readonly name: string; readonly modules: readonly string[] }[] = [
  { name: '`clevertap-attribution`', modules: ['clevertap-attribution'] },
  { name: '`zod` alone', modules: ['zod'] },
  { name: '`zod` and `undici`', modules: ['zod', 'undici'] },
];

/** An empty folder with the package installed in it, as a user's project has it. */
interface Installation extends Disposable {
  readonly folder: string;
  /** Bytes of all files in node_modules. */
  readonly bytes: number;
  /** Version of each package in node_modules by its name. */
  readonly versions: ReadonlyMap<string, string>;
}

function install({ tarball }: PackedPackage): Installation {
  const folder = mkdtempSync(join(tmpdir(), 'clevertap-attribution-installed-'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  npm(['install', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--silent', tarball], folder);
  const modules = join(folder, 'node_modules');
  const { packages } = JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string }>;
  };
  return {
    folder,
    bytes: bytesIn(modules),
    versions: new Map(
      Object.entries(packages).map(([path, { version }]) => [path.slice('node_modules/'.length), version]),
    ),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

function bytesIn(folder: string): number {
  let bytes = 0;
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const entry = lstatSync(join(folder, path));
    if (entry.isFile()) bytes += entry.size;
  }
  return bytes;
}

/** Milliseconds that importing modules takes in a process that has done nothing else. */
function timeImport(modules: readonly string[], folder: string): number {
  const code = `const startedAt = performance.now();
    for (const name of ${JSON.stringify(modules)}) await import(name);
    console.log(performance.now() - startedAt);`;
  const file = join(folder, 'import.mjs');
  writeFileSync(file, code);
  const { status, stdout } = spawnSync(process.execPath, [file], { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`importing ${modules.join(' and ')} failed`);
  return Number(stdout);
}

function measureColdStarts(folder: string, rounds: number): number[] {
  const times: number[][] = IMPORTS.map(() => []);
  // One round more, whose times are not used: it fills the file system's cache.
  for (let round = 0; round <= rounds; round += 1) {
    IMPORTS.forEach((_, turn) => {
      const index = (turn + round) % IMPORTS.length;
      const time = timeImport(IMPORTS[index]?.modules ?? [], folder);
      if (round > 0) times[index]?.push(time);
    });
  }
  return times.map(median);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}

function kilobytes(bytes: number): string {
  return `${new Intl.NumberFormat('en').format(Math.round(bytes / 1000))} kB`;
}

function report(packed: PackedPackage, installed: Installation, coldStarts: readonly number[], rounds: number): string {
  const { versions } = installed;
  const dependencies = [...versions].filter(([name]) => name !== 'clevertap-attribution');
  const rows = [
    ['packed', kilobytes(packed.packedBytes)],
    ['unpacked', `${kilobytes(packed.unpackedBytes)} in ${packed.files} files, source maps included`],
    ['installed, dependencies included', kilobytes(installed.bytes)],
    ['packages installed', `${versions.size}`],
    ...IMPORTS.map(({ name }, index) => [`importing ${name}`, `${(coldStarts[index] ?? 0).toFixed(1)} ms`]),
  ];
  return [
    '| what | how much |',
    '| --- | --- |',
    ...rows.map(([what, howMuch]) => `| ${what} | ${howMuch} |`),
    '',
    `Version ${versions.get('clevertap-attribution') ?? ''} with ${dependencies.map(([name, version]) => `${name} ${version}`).join(' and ')}, ` +
      `Node ${process.versions.node}, ${process.platform} ${process.arch}, ${availableParallelism()} cores. ` +
      `Importing: median of ${rounds} fresh processes each, by turns.`,
  ].join('\n');
}

async function writeIntoReadme(table: string): Promise<void> {
  const file = join(root, 'README.md');
  const readme = readFileSync(file, 'utf8');
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`README.md has no place for the table: ${BEGIN} … ${END}`);
  const changed = `${readme.slice(0, begin + BEGIN.length)}\n\n${table}\n\n${readme.slice(end)}`;
  writeFileSync(file, await format(changed, { ...(await resolveConfig(file)), filepath: file }));
}

const { values: flags } = parseArgs({
  options: { write: { type: 'boolean', default: false }, rounds: { type: 'string', default: '31' } },
});
const rounds = Number(flags.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new RangeError('--rounds must be a whole number, at least 1');

using packed = packPackage();
using installed = install(packed);
const table = report(packed, installed, measureColdStarts(installed.folder, rounds), rounds);
console.log(table);
if (flags.write) await writeIntoReadme(table);
