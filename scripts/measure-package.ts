/**
 * Measures what installing and importing the package costs: `npm run measure:package`, or with `-- --write` to put the
 * table into README.md, and `-- --rounds 51` for more rounds.
 *
 * Sizes are of the packed tarball and of an installation of it in an empty folder, made with npm. The cold start is the
 * time that `import()` takes in a fresh process, each process taking its turn in every round, so that what else the
 * machine does falls on all alike.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { installPackage } from './installed-package.js';
import { FIGURE_NAMES, measureFigures, showFigure, type PackageFigures } from './package-figures.js';
import { packPackage, root } from './packed-package.js';

const BEGIN = '<!-- package-figures -->';
const END = '<!-- /package-figures -->';

const IMPORTS: readonly { readonly name: string; readonly modules: readonly string[] }[] = [
  { name: '`clevertap-attribution`', modules: ['clevertap-attribution'] },
  { name: '`zod` alone', modules: ['zod'] },
  { name: '`zod` and `undici`', modules: ['zod', 'undici'] },
];

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

function report(figures: PackageFigures, versions: ReadonlyMap<string, string>, coldStarts: readonly number[]): string {
  const dependencies = [...versions].filter(([name]) => name !== 'clevertap-attribution');
  const rows = [
    ...(Object.keys(FIGURE_NAMES) as (keyof PackageFigures)[]).map((name) => [
      FIGURE_NAMES[name],
      showFigure(name, figures[name]),
    ]),
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
using installed = installPackage(packed);
const coldStarts = measureColdStarts(installed.folder, rounds);
const table = report(measureFigures(packed, installed), installed.versions, coldStarts);
console.log(table);
if (flags.write) await writeIntoReadme(table);
