/**
 * Runs random inputs through contract, client, command line and outbox: `npm run fuzz`, or
 * `npm run fuzz -- 50000 7 database` for that many runs of each property from that seed, of those properties alone whose name
 * has that word in it. What does more in each run gets a part of them. Ends with exit code 1 and the input that fails, or if the heap grew.
 */
import { hostileDatabases } from '../test/fuzz/hostile-databases.js';
import { hostileFiles } from '../test/fuzz/hostile-files.js';
import { hostileInputs } from '../test/fuzz/hostile-inputs.js';
import { hostileServers } from '../test/fuzz/hostile-servers.js';

const runs = Number(process.argv[2] ?? 100_000);
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31);
const word = process.argv[4] ?? '';

// An input may be very long.
const REPORT_LENGTH = 3_000;

/** What inputs may leave behind on the heap, all of them together. */
const MOST_LEFT_MIB = 32;

function heapMiB(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

console.log(`${runs} inputs for each property, seed ${seed}`);
for (const { name, share, check } of [...hostileInputs, hostileServers, hostileFiles, hostileDatabases]) {
  if (!name.includes(word)) continue;
  const count = Math.max(1, Math.round(runs * share));
  const heapBefore = heapMiB();
  const startedAt = performance.now();
  try {
    await check(count, seed);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    const leftMiB = heapMiB() - heapBefore;
    const memory = `${leftMiB.toFixed(1)} MiB more on the heap, ${Math.round(process.memoryUsage.rss() / 2 ** 20)} MiB resident`;
    const holds = leftMiB < MOST_LEFT_MIB;
    if (!holds) process.exitCode = 1;
    console.log(`${holds ? 'ok  ' : 'FAIL'} ${name} (${count} inputs, ${seconds} s, ${memory})`);
  } catch (error) {
    const { message, cause } = error instanceof Error ? error : new Error(String(error));
    const reason = cause instanceof Error ? (cause.stack ?? cause.message) : '';
    console.log(`FAIL ${name}\n${message.slice(0, REPORT_LENGTH)}\n${reason.slice(0, REPORT_LENGTH)}`);
    process.exitCode = 1;
  }
}
