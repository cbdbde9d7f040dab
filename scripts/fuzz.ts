/**
 * Runs random inputs through the contract: `npm run fuzz`, or `npm run fuzz -- 50000 7` for that many runs of each
 * property from that seed. Ends with exit code 1 and the smallest input that fails.
 */
import { hostileInputs } from '../test/fuzz/hostile-inputs.js';

const runs = Number(process.argv[2] ?? 1_000_000);
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31);

console.log(`${runs} inputs for each property, seed ${seed}`);
for (const { name, check } of hostileInputs) {
  const startedAt = performance.now();
  try {
    check(runs, seed);
    console.log(`ok   ${name} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
  } catch (error) {
    console.log(`FAIL ${name}\n${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
