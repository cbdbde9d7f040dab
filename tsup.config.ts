import { defineConfig, type Options } from 'tsup';
import { bundledSource } from './scripts/bundled-source.js';
import { listLicenses } from './scripts/list-licenses.js';
import { markUnusedAsRemovable } from './scripts/mark-unused-as-removable.js';
import { entrySources } from './scripts/package-entries.js';

const licenses = listLicenses('dist/THIRD-PARTY-LICENSES.txt');

const common: Options = {
  target: 'node20',
  platform: 'node',
  sourcemap: true,
  // Left external, the CJS build loads and throws when called: p-retry is ESM only.
  noExternal: ['p-retry', 'is-network-error'],
  esbuildPlugins: [bundledSource(), licenses],
  // The CommonJS build has no import.meta of its own, and drivers are looked for from where this package lies.
  shims: true,
};

export default defineConfig([
  {
    ...common,
    entry: entrySources(),
    format: ['esm', 'cjs'],
    dts: true,
    esbuildPlugins: [bundledSource(), licenses, markUnusedAsRemovable()],
    clean: true,
  },
  {
    ...common,
    entry: { cli: 'src/cli/bin.ts' },
    format: 'esm',
    // Of use to those who work on the program, not to those who run it; and the largest file of the package by far.
    sourcemap: false,
    // What only the command line needs is bundled, so that the library's users do not install it.
    noExternal: [...(common.noExternal ?? []), 'commander', 'csv-parse', 'cli-progress'],
    // cli-progress is CommonJS and requires Node's own modules.
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
  },
]);
