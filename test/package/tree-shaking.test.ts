import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keptByBundler, type Kept } from './kept-by-bundler.js';
import { createPackedProject, type PackedProject } from './packed-project.js';

let project: PackedProject;

beforeAll(async () => {
  project = await createPackedProject();
}, 60_000);

afterAll(() => project[Symbol.asyncDispose]());

function keptOf(name: string, entry = 'clevertap-attribution'): Promise<Kept> {
  return keptByBundler(`export { ${name} } from '${entry}'`, project.folder);
}

function areasOf({ sources }: Kept): string[] {
  return [...new Set(sources.map((source) => source.split('/')[0] ?? ''))];
}

describe('of the package, a bundler keeps', () => {
  it.each([
    ['inspectDeviceIdentifier', ['contract/device-identifier']],
    ['regions', ['contract/regions']],
    ['Secret', ['contract/secret']],
    ['RateLimitError', ['errors']],
  ])('for %s its own file, and no package', async (name, sources) => {
    expect(await keptOf(name)).toEqual({ sources, packages: [] });
  });

  it.each(['eventSchema', 'createEventSchema', 'parseCredentials', 'credentialsSchema'])(
    'for %s the contract and zod',
    async (name) => {
      const kept = await keptOf(name);
      expect(areasOf(kept)).toContain('contract');
      expect(kept.packages).toEqual(['zod']);
    },
  );

  it('nothing of the client for whatever else there is', async () => {
    await project.write('names.mjs', `console.log(Object.keys(await import('clevertap-attribution')).join())`);
    const names = (await project.node('names.mjs')).trim().split(',');
    expect(names.length).toBeGreaterThan(20);
    const others = await keptOf(names.filter((name) => name !== 'AttributionClient').join());
    expect(areasOf(others)).toEqual(['contract', 'errors']);
    expect(others.packages).toEqual(['zod']);
  });

  it('nothing for an import that is not used', async () => {
    const code = `import { AttributionClient } from 'clevertap-attribution'; import { startEmulator } from 'clevertap-attribution/testing';`;
    expect(await keptByBundler(code, project.folder)).toEqual({ sources: [], packages: [] });
  });

  it('for the client no emulator and no command line', async () => {
    const kept = await keptByBundler(`export * from 'clevertap-attribution'`, project.folder);
    expect(kept.sources).toEqual(expect.arrayContaining(['client', 'delivery/sending', 'contract/encode-query']));
    expect(areasOf(kept).filter((area) => ['testing', 'cli'].includes(area))).toEqual([]);
    expect(kept.packages).toEqual(['undici', 'zod']);
  });

  it('for the emulator no client and no command line', async () => {
    const kept = await keptByBundler(`export * from 'clevertap-attribution/testing'`, project.folder);
    expect(areasOf(kept)).toEqual(['contract', 'errors', 'testing']);
    expect(kept.packages).toEqual(['zod']);
  });
});
