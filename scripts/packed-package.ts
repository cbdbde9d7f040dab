import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The repository's folder. */
export const root = join(import.meta.dirname, '..');

/** npm, also where it is a batch file, which only a shell runs. */
export function npm(args: readonly string[], folder: string): string {
  const onWindows = process.platform === 'win32';
  return execFileSync(onWindows ? 'npm.cmd' : 'npm', args, {
    cwd: folder,
    encoding: 'utf8',
    shell: onWindows,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** The package as npm would publish it, in a folder of its own that goes when this is disposed of. */
export interface PackedPackage extends Disposable {
  /** Path of the tarball. */
  readonly tarball: string;
  /** Bytes of the tarball. */
  readonly packedBytes: number;
  /** Bytes of its files, unpacked. */
  readonly unpackedBytes: number;
  /** Number of its files. */
  readonly files: number;
}

/** Packs what has been built. */
export function packPackage(): PackedPackage {
  const folder = mkdtempSync(join(tmpdir(), 'clevertap-attribution-packed-'));
  const printed = npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder], root);
  const [packed] = JSON.parse(printed) as [
    { filename: string; size: number; unpackedSize: number; entryCount: number },
  ];
  return {
    tarball: join(folder, packed.filename),
    packedBytes: packed.size,
    unpackedBytes: packed.unpackedSize,
    files: packed.entryCount,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}
