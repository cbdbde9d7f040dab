import { defineConfig } from 'vitest/config';
import { viteBundledSource } from './scripts/bundled-source.js';

export default defineConfig({
  plugins: [viteBundledSource()],
  test: {
    include: ['test/**/*.test.ts', 'examples/*.test.ts'],
    setupFiles: ['test/support/canary-watch.ts'],
    // One more than by default: most of the slow ones wait for a process that they have started.
    maxWorkers: '100%',
    testTimeout: 20_000,
    // What a test waits for comes soon, unless the machine is busy with something else.
    expect: { poll: { timeout: 10_000, interval: 10 } },
  },
});
