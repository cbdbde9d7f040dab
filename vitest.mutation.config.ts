import { defineConfig } from 'vitest/config';
import { viteBundledSource } from './scripts/bundled-source.js';

// The tests that `npm run mutate` runs against each mutant: those of the two mutated folders. They load src/ itself, are quick, and
// say the same each time.
export default defineConfig({
  plugins: [viteBundledSource()],
  test: {
    include: ['test/contract/**/*.test.ts', 'test/delivery/**/*.test.ts'],
    // What it starts are processes, which a mutant does not reach.
    exclude: ['test/delivery/debug-output.test.ts'],
    setupFiles: ['test/support/fixed-seed.ts', 'test/support/canary-watch.ts'],
    testTimeout: 20_000,
  },
});
