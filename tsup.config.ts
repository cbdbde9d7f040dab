import { defineConfig } from 'tsup';

export default defineConfig({
  entry: { index: 'src/index.ts', testing: 'src/testing/index.ts' },
  format: ['esm', 'cjs'],
  target: 'node20',
  platform: 'node',
  dts: true,
  sourcemap: true,
  clean: true,
  // Left external, the CJS build loads and throws when called: p-retry is ESM only.
  noExternal: ['p-retry', 'is-network-error'],
});
