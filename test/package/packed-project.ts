import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

/** An empty project of a user's, with the packed tarball of the built package in its node_modules. */
export interface PackedProject extends AsyncDisposable {
  readonly folder: string;
  /** Writes a file of the user's. */
  write(name: string, text: string): Promise<void>;
  /** Runs a file with this Node and gives what it prints; rejects if it fails. */
  node(name: string): Promise<string>;
  /** Installs a package that the repository has, such as an optional peer. */
  install(name: string): Promise<void>;
  /** Compiles with the repository's TypeScript and gives the diagnostics. */
  tsc(...args: string[]): Promise<string>;
}

/** Packs the package as npm would publish it and unpacks it where a user's project finds it; needs no network. */
export async function createPackedProject(): Promise<PackedProject> {
  const folder = await mkdtemp(join(tmpdir(), 'clevertap-attribution-package-'));
  const installed = join(folder, 'node_modules', 'clevertap-attribution');
  await mkdir(installed, { recursive: true });
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: root,
  });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  await run('tar', ['-xzf', join(folder, filename), '-C', installed, '--strip-components=1']);
  const { dependencies } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as {
    dependencies: object;
  };
  // None of the optional peers, as for those who install nothing but the package.
  for (const name of Object.keys({ ...dependencies, 'undici-types': '' })) await link(name);
  await link('@types/node');
  return {
    folder,
    write: (name, text) => writeFile(join(folder, name), text),
    node: async (name) => (await run(process.execPath, [name], { cwd: folder })).stdout,
    install: link,
    tsc: async (...args) => {
      const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
      try {
        await run(process.execPath, [compiler, ...args], { cwd: folder });
        return '';
      } catch (error) {
        return (error as { stdout: string }).stdout;
      }
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };

  async function link(dependency: string): Promise<void> {
    const place = join(folder, 'node_modules', dependency);
    await mkdir(dirname(place), { recursive: true });
    await symlink(join(root, 'node_modules', dependency), place, 'dir');
  }
}
