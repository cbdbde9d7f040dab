/**
 * Runs a TypeScript file out of the sources, for what imports the outbox: `tsx scripts/run-bundled.ts bench/outbox-store.ts`.
 * The worker thread's code is made by a bundler, so that tsx alone does not do.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { build } from 'esbuild';
import { bundledSource } from './bundled-source.js';

const [entry, ...args] = process.argv.slice(2);
if (entry === undefined) throw new Error('name the file to run');

const root = join(import.meta.dirname, '..');
const outfile = join(root, 'node_modules/.cache/bundled', entry.replace(/[/\\]/g, '-').replace(/\.ts$/, '.mjs'));
await build({
  entryPoints: [entry],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  plugins: [bundledSource()],
});
const { status } = spawnSync(process.execPath, ['--expose-gc', outfile, ...args], { stdio: 'inherit' });
process.exitCode = status ?? 1;
