import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENTRIES, entryFields, entrySources } from '../../scripts/package-entries.js';
import { createPackedProject, type PackedProject } from './packed-project.js';

let project: PackedProject;

beforeAll(async () => {
  project = await createPackedProject();
}, 60_000);

afterAll(() => project[Symbol.asyncDispose]());

async function readJson(name: string): Promise<unknown> {
  return JSON.parse(await readFile(join(import.meta.dirname, '../..', name), 'utf8'));
}

describe('the entries of the package', () => {
  it('are the same wherever they stand; `npm run entries` puts them there', async () => {
    const { exports, typesVersions } = (await readJson('package.json')) as ReturnType<typeof entryFields>;
    expect({ exports, typesVersions }).toEqual(entryFields());
    expect(await readJson('typedoc.json')).toMatchObject({ entryPoints: Object.values(ENTRIES) });
  });

  it('have each a module and types of both kinds, and there is nothing else to load but the command line', async () => {
    const dist = await readdir(join(project.folder, 'node_modules/clevertap-attribution/dist'));
    const modules = dist.filter((name) => /(?<!\.d)\.(?:js|cjs)$/.test(name) && !name.startsWith('chunk-'));
    const names = Object.keys(entrySources());
    expect(modules.sort()).toEqual(['cli.js', ...names.flatMap((name) => [`${name}.cjs`, `${name}.js`])].sort());
    expect(dist).toEqual(expect.arrayContaining(names.flatMap((name) => [`${name}.d.ts`, `${name}.d.cts`])));
  });

  it.each(Object.keys(ENTRIES))('have the same exports however they are loaded (%s)', async (entry) => {
    const name = join('clevertap-attribution', entry);
    // The one peer that is loaded with its entry: whoever imports that has it.
    if (entry === './opentelemetry') await project.install('@opentelemetry/api');
    await project.write(
      'both.mjs',
      `import { createRequire } from 'node:module';
       const required = createRequire(import.meta.url)('${name}');
       console.log(JSON.stringify([await import('${name}'), required].map((module) => Object.keys(module).sort())));`,
    );
    const [imported, required] = JSON.parse(await project.node('both.mjs')) as [string[], string[]];
    expect(imported.length).toBeGreaterThan(0);
    expect(required).toEqual(imported);
  });
});
