import { createRequire, isBuiltin } from 'node:module';
import { join } from 'node:path';
import { isSoundVersion } from './sqlite-version.js';

/** Packages that give access to SQLite. */
export type DriverName = 'node:sqlite' | 'better-sqlite3' | '@photostructure/sqlite';

/** A driver that may be tried, and what to `require` for it. */
export interface DriverCandidate {
  readonly name: DriverName;
  readonly specifier: string;
}

/** Drivers to try in turn, and why the others are not among them. */
export interface DriverChoice {
  readonly candidates: readonly DriverCandidate[];
  readonly reasons: readonly string[];
}

/** What the choice depends on. */
export interface DriverSurroundings {
  /** As in `process.versions`. */
  readonly versions: { readonly node: string; readonly sqlite?: string | undefined };
  /** Whether Node brings `node:sqlite`. */
  readonly hasNodeSqlite: boolean;
  /** The file that a package is loaded from; undefined if it is not installed. */
  readonly resolve: (name: string) => string | undefined;
  /** Version of an installed package. */
  readonly versionOf: (name: string) => string | undefined;
}

/** What to install where no driver is found. */
export const INSTALL_ADVICE =
  'Install one: `npm install @photostructure/sqlite@^1.2.1`, which needs neither a compiler nor an install script, or `npm install better-sqlite3@^12.11.1`.';

/** Says which drivers can be tried, the best one first. */
export function chooseDriver(surroundings: DriverSurroundings, only?: DriverName): DriverChoice {
  const considered = [
    considerNodeSqlite(surroundings),
    considerBetterSqlite3(surroundings),
    considerPhotostructure(surroundings),
  ];
  const wanted = considered.filter(({ name }) => only === undefined || name === only);
  return {
    candidates: wanted.flatMap(({ name, specifier }) => (specifier === undefined ? [] : [{ name, specifier }])),
    reasons: wanted.flatMap(({ name, reason }) => (reason === undefined ? [] : [`${name} ${reason}`])),
  };
}

interface Considered {
  readonly name: DriverName;
  readonly specifier?: string;
  readonly reason?: string;
}

function considerNodeSqlite({ versions, hasNodeSqlite }: DriverSurroundings): Considered {
  const name = 'node:sqlite';
  if (!hasNodeSqlite || versions.sqlite === undefined) return { name, reason: `is not in Node ${versions.node}` };
  if (isSoundVersion(versions.sqlite)) return { name, specifier: name };
  return { name, reason: `of Node ${versions.node} is too old (SQLite ${versions.sqlite}, 3.51.3 is needed)` };
}

function considerBetterSqlite3({ versions, resolve, versionOf }: DriverSurroundings): Considered {
  const name = 'better-sqlite3';
  const specifier = resolve(name);
  if (specifier === undefined) return { name, reason: 'is not installed' };
  // Loading it there does not throw: it crashes the process.
  if (majorOf(versionOf(name)) >= 13 && majorOf(versions.node) < 22) {
    return { name, reason: `13 crashes on Node ${versions.node}: \`npm install better-sqlite3@^12.11.1\`` };
  }
  return { name, specifier };
}

function considerPhotostructure({ resolve }: DriverSurroundings): Considered {
  const name = '@photostructure/sqlite';
  const specifier = resolve(name);
  return specifier === undefined ? { name, reason: 'is not installed' } : { name, specifier };
}

function majorOf(version: string | undefined): number {
  return Number.parseInt(version ?? '0', 10);
}

/** What there is in this process. */
export function currentSurroundings(): DriverSurroundings {
  const requires = requireBases().map((base) => createRequire(base));
  return {
    versions: process.versions,
    hasNodeSqlite: isBuiltin('node:sqlite'),
    resolve: (name) => firstOf(requires, (require) => require.resolve(name)),
    versionOf: (name) =>
      firstOf(requires, (require) => (require(`${name}/package.json`) as { version: string }).version),
  };
}

/** Where packages are looked for: beside this library, or where a bundler has put it; then from the working directory. */
function requireBases(): string[] {
  // What users' bundlers make of it, for CommonJS, may be nothing at all.
  const here = import.meta.url as string | undefined;
  const working = join(process.cwd(), 'package.json');
  return here === undefined || here === '' ? [working] : [here, working];
}

function firstOf<T>(requires: readonly NodeJS.Require[], attempt: (require: NodeJS.Require) => T): T | undefined {
  for (const require of requires) {
    try {
      return attempt(require);
    } catch {
      // Not to be found from there.
    }
  }
  return undefined;
}
