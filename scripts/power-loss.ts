/**
 * Lets the power fail at every sync of an outbox's file, and opens what may be left of it: `npm run torture:power-loss`, or
 * `npm run torture:power-loss -- 6 2000 12` for six sessions of 2,000 events and 12 random images for each sync. Needs strace
 * and a build.
 */
import { hasStrace, losePower } from '../test/durability/power-loss.js';

const [sessions = 3, events = 1_000, randomImages = 6] = process.argv.slice(2).map(Number);
if (!hasStrace()) {
  console.log('strace is missing: power loss cannot be simulated (apt-get install strace)');
  process.exitCode = 1;
} else {
  const startedAt = performance.now();
  const { failures, ...figures } = await losePower({ sessions, events, randomImages, random: Math.random });
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  console.log({ sessions, events, ...figures, failures: failures.length, seconds });
  // Without the syncs of the log, the same has to find losses: otherwise it proves nothing.
  const control = await losePower({
    sessions: 1,
    events: 200,
    randomImages: 1,
    random: Math.random,
    withoutLogSyncs: true,
  });
  console.log(`control, the log's syncs ignored: ${control.failures.length} of ${control.images} images lose events`);
  for (const failure of failures.slice(0, 20)) console.log(failure);
  const holds = failures.length === 0 && control.failures.length > 0;
  console.log(holds ? 'ok   what was accepted is there in every image, and each is whole' : 'FAIL');
  process.exitCode = holds ? 0 : 1;
}
