/**
 * Runs random inputs through contract, client, command line and outbox: `npm run fuzz`, or
 * `npm run fuzz -- 50000 7 database` for that many runs of each property from that seed, of those properties alone whose name
 * has that word in it. What does more in each run gets a part of them. Ends with exit code 1 and the input that fails, or if memory grew.
 */
import { setTimeout as sleep } from 'node:timers/promises';
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

/** What inputs may leave behind beside the heap: buffers, handles of zlib and SQLite, and what the allocator does not give back. */
const MOST_RESIDENT_MIB = 160;

/** How long V8 may take to give back pages that it has emptied, in milliseconds. */
const GIVEN_BACK_WITHIN_MS = 2_000;

interface Memory {
  readonly heapMiB: number;
  readonly residentMiB: number;
}

/**
 * What is in use. The last-resort collection puts what is left together and frees the pages: without it, a process that has had
 * hundreds of MiB of garbage shows them as resident for long, none of which anybody holds.
 */
async function measureMemory(): Promise<Memory> {
  if (globalThis.gc === undefined) throw new Error('needs --expose-gc');
  globalThis.gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  await sleep(GIVEN_BACK_WITHIN_MS);
  const { heapUsed, rss } = process.memoryUsage();
  return { heapMiB: heapUsed / 2 ** 20, residentMiB: rss / 2 ** 20 };
}

console.log(`${runs} inputs for each property, seed ${seed}`);
for (const { name, share, check } of [...hostileInputs, hostileServers, hostileFiles, hostileDatabases]) {
  if (!name.includes(word)) continue;
  const count = Math.max(1, Math.round(runs * share));
  const before = await measureMemory();
  const startedAt = performance.now();
  try {
    await check(count, seed);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    const after = await measureMemory();
    const leftMiB = after.heapMiB - before.heapMiB;
    const memory = `${leftMiB.toFixed(1)} MiB more on the heap, ${Math.round(after.residentMiB)} MiB resident`;
    const holds = leftMiB < MOST_LEFT_MIB && after.residentMiB - before.residentMiB < MOST_RESIDENT_MIB;
    if (!holds) process.exitCode = 1;
    console.log(`${holds ? 'ok  ' : 'FAIL'} ${name} (${count} inputs, ${seconds} s, ${memory})`);
  } catch (error) {
    const { message, cause } = error instanceof Error ? error : new Error(String(error));
    const reason = cause instanceof Error ? (cause.stack ?? cause.message) : '';
    console.log(`FAIL ${name}\n${message.slice(0, REPORT_LENGTH)}\n${reason.slice(0, REPORT_LENGTH)}`);
    process.exitCode = 1;
  }
}
