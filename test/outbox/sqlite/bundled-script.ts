import { build } from 'esbuild';
import { join } from 'node:path';
import { bundledSource } from '../../../scripts/bundled-source.js';

/** Makes a script that plain Node can run out of one of the TypeScript files beside this one; gives its path. */
export async function bundleScript(name: string, folder: string): Promise<string> {
  const outfile = join(folder, name.replace(/\.ts$/, '.mjs'));
  await build({
    entryPoints: [join(import.meta.dirname, name)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    plugins: [bundledSource()],
  });
  return outfile;
}
