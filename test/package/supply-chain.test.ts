import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

interface LockedPackage {
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly optional?: boolean;
  readonly peer?: boolean;
  readonly hasInstallScript?: boolean;
}

const root = join(import.meta.dirname, '../..');
const read = (name: string) => JSON.parse(readFileSync(join(root, name), 'utf8')) as Record<string, object | undefined>;
const manifest = read('package.json');
const locked = Object.entries(read('package-lock.json')['packages'] as Record<string, LockedPackage>).filter(
  ([path]) => path !== '',
);

describe('what users install', () => {
  it('brings undici and zod, and nothing else', () => {
    expect(Object.keys(manifest['dependencies'] ?? {}).sort()).toEqual(['undici', 'zod']);
    expect(manifest['optionalDependencies']).toBeUndefined();
    const installed = locked.filter(
      ([, { dev, devOptional, optional, peer }]) => !dev && !devOptional && !optional && !peer,
    );
    expect(installed.map(([path]) => path).sort()).toEqual(['node_modules/undici', 'node_modules/zod']);
    for (const [path, { hasInstallScript }] of installed) expect(hasInstallScript, path).toBeUndefined();
  });

  it('runs nothing while it is installed', () => {
    const scripts = Object.keys(manifest['scripts'] ?? {});
    expect(scripts.filter((name) => /^(?:pre|post)?install$|^(?:pre|post)?prepare$/.test(name))).toEqual([]);
  });
});

describe('what those who work on it install', () => {
  it('comes from the registry, with the checksum that was seen when it was chosen', () => {
    for (const [path, { resolved, integrity }] of locked) {
      // Without an address it is that of the registry.
      expect(resolved ?? 'https://registry.npmjs.org/', path).toMatch(/^https:\/\/registry\.npmjs\.org\//);
      expect(integrity, path).toMatch(/^sha512-/);
    }
  });
});
