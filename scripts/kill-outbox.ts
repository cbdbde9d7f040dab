/**
 * Kills a process that adds to an outbox and delivers from it with SIGKILL at random moments, and looks whether everything that
 * was accepted has arrived: `npm run torture:outbox`, or `npm run torture:outbox -- 200` for 200 kills. Needs a build.
 */
import { killOutbox } from '../test/durability/killed-outbox.js';

const kills = Number(process.argv[2] ?? 50);
const [producers, inFlight] = [32, 64];
const startedAt = performance.now();
const { output, missing, ...figures } = await killOutbox({
  kills,
  producers,
  inFlight,
  random: Math.random,
  longestRunMs: 3_000,
});
const seconds = Math.round((performance.now() - startedAt) / 1000);
console.log({ producers, inFlight, ...figures, missing: missing.length, seconds });
const { worstRepeats, deadLetters, integrity, exitCode } = figures;
const holds =
  missing.length === 0 && worstRepeats <= inFlight && deadLetters === 0 && integrity === 'ok' && exitCode === 0;
if (!holds) console.log(missing.slice(0, 20), output.slice(-2_000));
console.log(holds ? 'ok   nothing accepted was lost, and no more was repeated than was out' : 'FAIL');
process.exitCode = holds ? 0 : 1;
