import { spawnSync } from 'node:child_process';
import { defineConfig } from 'vitest/config';
import { viteBundledSource } from './scripts/bundled-source.js';

const REDIS_TESTS = 'test/engines/bullmq/**/*.redis.test.ts';

const hasRedis = spawnSync('redis-server', ['--version']).status === 0;
// `npm run test:redis` asks for them by name, and fails without a server rather than pass without a test.
const redisWanted = process.argv.includes('redis') || process.env['REQUIRE_REDIS'] === '1';
if (!hasRedis && !redisWanted) {
  process.stderr.write(
    'redis-server was not found: the tests of the BullMQ engine are left out. Install redis-server to run them.\n',
  );
}

export default defineConfig({
  plugins: [viteBundledSource()],
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'library',
          include: ['test/**/*.test.ts', 'examples/*.test.ts'],
          exclude: ['**/node_modules/**', REDIS_TESTS],
        },
      },
      ...(hasRedis || redisWanted ? [{ extends: true as const, test: { name: 'redis', include: [REDIS_TESTS] } }] : []),
    ],
    setupFiles: ['test/support/canary-watch.ts'],
    // One more than by default: most of the slow ones wait for a process that they have started.
    maxWorkers: '100%',
    testTimeout: 20_000,
    // What a test waits for comes soon, unless the machine is busy with something else.
    expect: { poll: { timeout: 10_000, interval: 10 } },
  },
});
