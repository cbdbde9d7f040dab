import { describe, expect, it } from 'vitest';
import { chooseDriver, INSTALL_ADVICE, type DriverSurroundings } from '../../../src/outbox/sqlite/driver-choice.js';
import { loadDriver } from '../../../src/outbox/sqlite/load-driver.js';
import { isSoundVersion } from '../../../src/outbox/sqlite/sqlite-version.js';

function on(
  node: string,
  sqlite: string | undefined,
  packages: Readonly<Record<string, string>> = {},
): DriverSurroundings {
  return {
    versions: { node, sqlite },
    hasNodeSqlite: sqlite !== undefined,
    resolve: (name) => (name in packages ? `/node_modules/${name}/index.js` : undefined),
    versionOf: (name) => packages[name],
  };
}

function namesOf(surroundings: DriverSurroundings): string[] {
  return chooseDriver(surroundings).candidates.map(({ name }) => name);
}

describe('the driver', () => {
  it("is Node's own where its SQLite is sound", () => {
    expect(namesOf(on('24.18.0', '3.53.4', { 'better-sqlite3': '12.11.1' }))).toEqual([
      'node:sqlite',
      'better-sqlite3',
    ]);
  });

  it('is a package where Node has none, or one that can corrupt the file', () => {
    const packages = { 'better-sqlite3': '12.11.1', '@photostructure/sqlite': '1.2.1' };
    const names = ['better-sqlite3', '@photostructure/sqlite'];
    expect(namesOf(on('20.20.2', undefined, packages))).toEqual(names);
    expect(namesOf(on('22.16.0', '3.49.1', packages))).toEqual(names);
  });

  it('is never better-sqlite3 13 on Node 20, which would crash', () => {
    const surroundings = on('20.20.2', undefined, { 'better-sqlite3': '13.0.1' });
    expect(chooseDriver(surroundings)).toMatchObject({
      candidates: [],
      reasons: [
        'node:sqlite is not in Node 20.20.2',
        'better-sqlite3 13 crashes on Node 20.20.2: `npm install better-sqlite3@^12.11.1`',
        '@photostructure/sqlite is not installed',
      ],
    });
    expect(namesOf(on('22.16.0', '3.49.1', { 'better-sqlite3': '13.0.1' }))).toEqual(['better-sqlite3']);
  });

  it('can be named', () => {
    const surroundings = on('24.18.0', '3.53.4', { 'better-sqlite3': '12.11.1' });
    expect(chooseDriver(surroundings, 'better-sqlite3')).toEqual({
      candidates: [{ name: 'better-sqlite3', specifier: '/node_modules/better-sqlite3/index.js' }],
      reasons: [],
    });
  });

  it('is explained with the command that installs one if there is none', () => {
    expect(() => loadDriver(chooseDriver(on('20.20.2', undefined)))).toThrow(
      `the outbox needs an SQLite driver: node:sqlite is not in Node 20.20.2; better-sqlite3 is not installed; @photostructure/sqlite is not installed. ${INSTALL_ADVICE}`,
    );
    // First the one that installs everywhere.
    expect(INSTALL_ADVICE).toMatch(/^Install one: `npm install @photostructure.* or `npm install better-sqlite3/);
  });

  it('is the next one if one does not load', () => {
    const broken = { name: 'better-sqlite3', specifier: '/not/there/index.js' } as const;
    expect(() => loadDriver({ candidates: [broken], reasons: [] })).toThrow(/better-sqlite3 could not be loaded \(/);
  });
});

it('takes a version of SQLite for sound from 3.51.3 on', () => {
  expect(['3.51.3', '3.51.10', '3.52.0', '4.0.0'].map(isSoundVersion)).toEqual([true, true, true, true]);
  expect(['3.51.2', '3.50.9', '3.7.0', '2.9.9'].map(isSoundVersion)).toEqual([false, false, false, false]);
});
