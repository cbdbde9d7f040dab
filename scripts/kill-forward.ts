/**
 * Kills `forward` with SIGKILL at random moments and resumes it: `npm run torture:forward`, or
 * `npm run torture:forward -- 20 100000` for 20 kills on a file of 100,000 lines. Needs a build.
 */
import { killForward } from '../test/durability/killed-forward.js';

const kills = Number(process.argv[2] ?? 20);
const lines = Number(process.argv[3] ?? 100_000);
const inFlight = 64;
const startedAt = performance.now();
const report = await killForward({
  lines,
  kills,
  inFlight,
  random: Math.random,
  longestRunMs: (lines / 3_000 / kills) * 1_000,
});
const { output, ...figures } = report;
console.log({ lines, inFlight, ...figures, seconds: Math.round((performance.now() - startedAt) / 1000) });
const holds = report.distinct === lines && report.worstRepeats <= inFlight + 1 && report.exitCode === 0;
if (!holds) console.log(output.slice(-2_000));
console.log(holds ? 'ok   nothing lost, no more repeated than was in flight and one that was being answered' : 'FAIL');
process.exitCode = holds ? 0 : 1;
