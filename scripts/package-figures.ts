import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import type { InstalledPackage } from './installed-package.js';
import type { PackedPackage } from './packed-package.js';

/** What the package weighs, in figures that are the same on every machine. */
export interface PackageFigures {
  /** Bytes of the tarball. */
  readonly packed: number;
  /** Bytes of its files. */
  readonly unpacked: number;
  /** Bytes of the files that `import` of the main entry loads, dependencies not counted. */
  readonly imported: number;
  /** Bytes of the files that `require` of the main entry loads, dependencies not counted. */
  readonly required: number;
  /** Bytes of the command line's program. */
  readonly program: number;
  /** Bytes of a user's node_modules with nothing else in it. */
  readonly installed: number;
  /** Packages there, this one included. */
  readonly packages: number;
  /** Dependencies that package.json names. */
  readonly dependencies: number;
}

/** What each figure is called where people read it. */
export const FIGURE_NAMES: Readonly<Record<keyof PackageFigures, string>> = {
  packed: 'packed',
  unpacked: 'unpacked, source maps included',
  imported: 'main entry as an ES module',
  required: 'main entry as CommonJS',
  program: 'command line',
  installed: 'installed, dependencies included',
  packages: 'packages installed',
  dependencies: 'dependencies of its own',
};

/** Measures the packed and installed package. */
export function measureFigures(packed: PackedPackage, installed: InstalledPackage): PackageFigures {
  const folder = join(installed.folder, 'node_modules/clevertap-attribution');
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { dependencies: object };
  return {
    packed: packed.packedBytes,
    unpacked: packed.unpackedBytes,
    imported: bytesLoadedBy(join(folder, 'dist/index.js')),
    required: bytesLoadedBy(join(folder, 'dist/index.cjs')),
    program: bytesLoadedBy(join(folder, 'dist/cli.js')),
    installed: installed.bytes,
    packages: installed.versions.size,
    dependencies: Object.keys(dependencies).length,
  };
}

/** Bytes of a module and of all files that it imports by a relative path. */
export function bytesLoadedBy(file: string, loaded: Set<string> = new Set()): number {
  if (loaded.has(file)) return 0;
  loaded.add(file);
  const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'), true, true);
  const relative = importedFiles.filter(({ fileName }) => fileName.startsWith('.'));
  return relative.reduce(
    (bytes, { fileName }) => bytes + bytesLoadedBy(join(dirname(file), fileName), loaded),
    statSync(file).size,
  );
}

/** A figure as people read it. */
export function showFigure(name: keyof PackageFigures, value: number): string {
  const isCount = name === 'packages' || name === 'dependencies';
  return isCount ? `${value}` : `${new Intl.NumberFormat('en').format(Math.round(value / 1000))} kB`;
}
