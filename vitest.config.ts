import { spawnSync } from 'node:child_process';
import { defineConfig } from 'vitest/config';
import { viteBundledSource } from './scripts/bundled-source.js';

const REDIS_TESTS = 'test/**/*.redis.test.ts';

const hasRedis = spawnSync('redis-server', ['--version']).status === 0;
// Where they are asked for, as in `npm run test:redis`, tests without a server fail rather than be left out.
const redisWanted = process.argv.includes('redis') || process.env['REQUIRE_REDIS'] === '1';
if (!hasRedis && !redisWanted) {
  process.stderr.write('No redis-server was found: the tests of the BullMQ engine are left out.\n');
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
      ...(hasRedis || redisWanted
        ? [
            {
              extends: true as const,
              test: {
                name: 'redis',
                include: [REDIS_TESTS],
                // Servers and workers are processes that start, are killed and start again.
                testTimeout: 90_000,
                expect: { poll: { timeout: 30_000, interval: 10 } },
              },
            },
          ]
        : []),
    ],
    setupFiles: ['test/support/canary-watch.ts'],
    // One more than by default: most of the slow ones wait for a process that they have started.
    maxWorkers: '100%',
    testTimeout: 20_000,
    // What a test waits for comes soon, unless the machine is busy with something else.
    expect: { poll: { timeout: 10_000, interval: 10 } },
  },
});
