import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { npm, root, type PackedPackage } from './packed-package.js';

/** An empty folder with the package installed in it, as a user's project has it. */
export interface InstalledPackage extends Disposable {
  readonly folder: string;
  /** Bytes of all files in node_modules. */
  readonly bytes: number;
  /** Version of each package in node_modules by its path there. */
  readonly versions: ReadonlyMap<string, string>;
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version: string; readonly dev?: boolean }>>;
}

/**
 * Installs the package without development dependencies. Its dependencies come in the versions of package-lock.json, so that
 * a commit weighs the same tomorrow.
 */
export function installPackage({ tarball }: PackedPackage): InstalledPackage {
  const folder = mkdtempSync(join(tmpdir(), 'clevertap-attribution-installed-'));
  const locked = [...versionsIn(join(root, 'package-lock.json'))];
  const overrides = Object.fromEntries(locked.filter(([name]) => !name.includes('node_modules/')));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', overrides }));
  npm(['install', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--silent', tarball], folder);
  const modules = join(folder, 'node_modules');
  return {
    folder,
    bytes: bytesIn(modules),
    versions: versionsIn(join(modules, '.package-lock.json')),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

/** Versions of the packages that a lock file has for running, by their paths in node_modules. */
function versionsIn(file: string): Map<string, string> {
  const { packages } = JSON.parse(readFileSync(file, 'utf8')) as Lock;
  const installed = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true);
  return new Map(installed.map(([path, { version }]) => [path.slice('node_modules/'.length), version]));
}

function bytesIn(folder: string): number {
  let bytes = 0;
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const entry = lstatSync(join(folder, path));
    if (entry.isFile()) bytes += entry.size;
  }
  return bytes;
}
