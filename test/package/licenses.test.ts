import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packagesIn } from './kept-by-bundler.js';
import { createPackedProject, type PackedProject } from './packed-project.js';

const modules = join(import.meta.dirname, '../../node_modules');

let project: PackedProject;
let licenses: string;
let bundled: string[];

beforeAll(async () => {
  project = await createPackedProject();
  const dist = join(project.folder, 'node_modules/clevertap-attribution/dist');
  licenses = await readFile(join(dist, 'THIRD-PARTY-LICENSES.txt'), 'utf8');
  const code = (await readdir(dist)).filter((name) => /\.c?js$/.test(name));
  const texts = await Promise.all(code.map((name) => readFile(join(dist, name), 'utf8')));
  // esbuild writes above each file that it took in where it comes from.
  bundled = packagesIn(
    texts.flatMap((text) => [...text.matchAll(/^\/\/ (node_modules\/.*)$/gm)].map(([, path = '']) => path)),
  );
}, 60_000);

afterAll(() => project[Symbol.asyncDispose]());

describe('the licences of what is bundled', () => {
  it('are those of the packages whose code is in the build, and of no other', () => {
    expect(bundled).toEqual(expect.arrayContaining(['p-retry', 'commander', 'csv-parse', 'cli-progress']));
    const named = [...licenses.matchAll(/^={80}\n(\S+) \d+\.\d+\.\d+\S*\nLicence: \S+\n={80}$/gm)].map(
      ([, name]) => name,
    );
    expect(named).toEqual(bundled);
  });

  it('stand there in full', async () => {
    for (const name of bundled) {
      const folder = join(modules, name);
      const [license = ''] = (await readdir(folder)).filter((file) => /^licen[cs]e/i.test(file));
      const text = (await readFile(join(folder, license), 'utf8')).trim();
      expect(text.length, name).toBeGreaterThan(500);
      expect(licenses, name).toContain(text);
    }
  });
});
