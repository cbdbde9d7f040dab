import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const src = join(import.meta.dirname, '../../src');

/** From the public face down to pure code: a file may import from its own layer and from those below it. */
const LAYERS: readonly (readonly [name: string, belongs: (path: string) => boolean, packages: readonly string[]])[] = [
  ['command line', (path) => path.startsWith('cli/'), ['commander', 'csv-parse/sync', 'cli-progress']],
  ['engines', (path) => path.startsWith('engines/'), ['bullmq']],
  ['telemetry', (path) => path.startsWith('opentelemetry/'), ['@opentelemetry/api', 'zod']],
  ['outbox', (path) => path.startsWith('outbox/'), ['zod']],
  ['public face', (path) => path === 'index.ts', []],
  ['client', (path) => ['client.ts', 'project-client.ts', 'sender.ts'].includes(path), []],
  ['forward', (path) => path.startsWith('forward/'), []],
  ['delivery', (path) => path.startsWith('delivery/'), ['undici', 'p-retry']],
  ['options', (path) => ['options.ts', 'call-options.ts', 'option-schemas.ts'].includes(path), ['undici', 'zod']],
  ['observe', (path) => path.startsWith('observe/'), []],
  ['contract', (path) => path.startsWith('contract/'), ['zod']],
  ['foundation', (path) => path === 'errors.ts' || path === 'version.ts', []],
];

/** Entry points that stand beside the stack, with all that they may import of it. */
const BESIDE = [{ folder: 'testing/', mayImport: ['outbox', 'contract', 'foundation'], packages: ['undici', 'zod'] }];

interface SourceFile {
  readonly path: string;
  readonly imports: readonly string[];
}

const files: SourceFile[] = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => {
    const { importedFiles } = ts.preProcessFile(readFileSync(join(src, path), 'utf8'), true, true);
    return { path: path.split(sep).join('/'), imports: importedFiles.map(({ fileName }) => fileName) };
  });

function layerOf(path: string): number {
  return LAYERS.findIndex(([, belongs]) => belongs(path));
}

function besideOf(path: string) {
  return BESIDE.find(({ folder }) => path.startsWith(folder));
}

function targetOf(path: string, specifier: string): string {
  return posix.join(posix.dirname(path), specifier).replace(/\.js(\?source)?$/, '.ts');
}

function violations({ path, imports }: SourceFile): string[] {
  const layer = layerOf(path);
  const beside = besideOf(path);
  const packages = beside?.packages ?? LAYERS[layer]?.[2] ?? [];
  return imports.flatMap((specifier) => {
    const allowed = specifier.startsWith('.')
      ? isAllowed(path, targetOf(path, specifier))
      : specifier.startsWith('node:') || packages.includes(specifier);
    return allowed ? [] : [`${path} imports ${specifier}`];
  });
}

function isAllowed(path: string, target: string): boolean {
  const beside = besideOf(path);
  // The command line is built on everything, the emulator included.
  if (path.startsWith('cli/') && besideOf(target) !== undefined) return true;
  if (beside === undefined) return layerOf(target) >= layerOf(path);
  return target.startsWith(beside.folder) || beside.mayImport.includes(LAYERS[layerOf(target)]?.[0] ?? '');
}

describe('the house', () => {
  it('has a place for every file', () => {
    expect(files.length).toBeGreaterThan(40);
    expect(
      files.filter(({ path }) => layerOf(path) < 0 && besideOf(path) === undefined).map(({ path }) => path),
    ).toEqual([]);
  });

  it('imports in one direction only, and only the packages of each layer', () => {
    expect(files.flatMap(violations)).toEqual([]);
  });

  it('notices an import against the direction', () => {
    expect(violations({ path: 'contract/x.ts', imports: ['../client.js', 'undici', 'zod', './y.js'] })).toEqual([
      'contract/x.ts imports ../client.js',
      'contract/x.ts imports undici',
    ]);
    expect(violations({ path: 'testing/x.ts', imports: ['../delivery/sending.js', '../contract/x.js'] })).toEqual([
      'testing/x.ts imports ../delivery/sending.js',
    ]);
  });

  it('has no cycle between files', () => {
    const graph = new Map(
      files.map(({ path, imports }) => [
        path,
        imports.filter((name) => name.startsWith('.')).map((name) => targetOf(path, name)),
      ]),
    );
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
      if (trail.includes(path) || done.has(path)) return;
      for (const target of graph.get(path) ?? []) visit(target, [...trail, path]);
      done.add(path);
    };
    for (const { path } of files) visit(path, []);
    expect(cycles).toEqual([]);
  });

  it('loads undici at run time in one place only, where it is done with care', () => {
    const loaders = files.filter(({ path }) => {
      const text = readFileSync(join(src, path), 'utf8');
      return /import\('undici'\)|^import (?!type)[^;]*from 'undici'/m.test(text);
    });
    expect(loaders.map(({ path }) => path)).toEqual(['delivery/undici-transport.ts']);
  });

  it('names no file after nothing in particular', () => {
    const vague = /(^|\/)(utils?|helpers?|common|misc|shared)(\/|\.ts$)/;
    expect(files.map(({ path }) => path).filter((path) => vague.test(path))).toEqual([]);
  });
});
