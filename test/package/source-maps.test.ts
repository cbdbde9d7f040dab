import { readdir, readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPackedProject, type PackedProject } from './packed-project.js';

const root = join(import.meta.dirname, '../..');

interface Map {
  readonly sources: readonly string[];
  readonly sourcesContent: readonly string[];
}

let project: PackedProject;
let dist: string;
let maps: Map[];

beforeAll(async () => {
  project = await createPackedProject();
  dist = join(project.folder, 'node_modules/clevertap-attribution/dist');
  const names = (await readdir(dist)).filter((name) => name.endsWith('.map'));
  maps = await Promise.all(names.map(async (name) => JSON.parse(await readFile(join(dist, name), 'utf8')) as Map));
}, 60_000);

afterAll(() => project[Symbol.asyncDispose]());

describe('the source maps', () => {
  it('are there for all that is imported', async () => {
    const names = await readdir(dist);
    const modules = names.filter((name) => /\.c?js$/.test(name) && name !== 'cli.js');
    expect(modules).toEqual(expect.arrayContaining(['index.js', 'index.cjs', 'testing.js', 'testing.cjs']));
    expect(modules.filter((name) => !names.includes(`${name}.map`))).toEqual([]);
  });

  it('hold the sources, which are not in the package, as they are, and name no folder of the machine', async () => {
    for (const { sources, sourcesContent } of maps) {
      expect(sources.length).toBeGreaterThan(0);
      for (const [index, source] of sources.entries()) {
        expect(isAbsolute(source)).toBe(false);
        // A text that was made of sources, such as that of the worker thread, is none itself.
        if (source.includes('bundled-source:')) {
          expect(source).toMatch(/bundled-source:src\//);
          continue;
        }
        expect(sourcesContent[index], source).toBe(await readFile(join(root, 'dist', source), 'utf8'));
      }
    }
  });

  it.each(['mjs', 'cjs'])('lead from a stack trace to the line that threw (%s)', async (kind) => {
    const load = kind === 'mjs' ? `await import('clevertap-attribution')` : `require('clevertap-attribution')`;
    await project.write(
      `stack.${kind}`,
      `process.setSourceMapsEnabled(true);
       (async () => {
         const { AttributionClient } = ${load};
         try { new AttributionClient({}); } catch ({ stack }) { console.log(stack); }
       })();`,
    );
    const stack = await project.node(`stack.${kind}`);
    const [, file = '', line, column] = /\/src\/(options\.ts):(\d+):(\d+)/.exec(stack) ?? [];
    const text = (await readFile(join(root, 'src', file), 'utf8')).split('\n')[Number(line) - 1];
    expect(text?.slice(Number(column) - 1)).toMatch(/^new ValidationError\('options'/);
    // The constructor of a class that is in a pure call.
    expect(stack).toMatch(/at new AttributionClient \(\S*\/src\/client\.ts:\d+:\d+\)/);
  });
});
