/**
 * Runs client, forward and outbox against the emulator through faults, rotations of credentials and customers that come and
 * go, and looks for what grows and what gets lost: `npm run soak -- --minutes 30`, or `--seconds 10 --seed 7`. Before a run of
 * a minute or more, it fills what remembers projects, so that what has no bound stands out.
 *
 * Ends with exit code 1 if the last third of the run shows more memory, descriptors or listeners than the first by more than
 * `scripts/soak/vital-signs.ts` allows, or if the books do not balance.
 */
import { parseArgs } from 'node:util';
import { EMULATOR_ARGUMENT, serveEmulator } from './soak/emulator-process.js';
import { runSoak, type SoakReport } from './soak/run-soak.js';
import { verdictsOn } from './soak/verdicts.js';

function printReport(report: SoakReport): void {
  const { growth, acquaintances, traffic, client, outbox, customers } = report;
  const digits = (value: number): number => Math.round(value * 10) / 10;
  console.table(
    Object.fromEntries(
      Object.entries(growth).map(([name, { medians, allowed, grows }]) => [
        name,
        {
          first: digits(medians[0]),
          second: digits(medians[1]),
          last: digits(medians[2]),
          allowed: digits(allowed),
          grows,
        },
      ]),
    ),
  );
  console.log(
    `customers   ${customers.projects} came, ${customers.rotations} rotations; ${acquaintances} others met once`,
  );
  console.log(
    `sent        ${traffic.sent}; forwarded and seen ${traffic.forwarded}, ${traffic.forwardsBroken} runs broken off`,
  );
  console.log(
    `requests    ${client.attempts}, ${client.retries} of them retries; failed ${JSON.stringify(client.failedByCode)}`,
  );
  console.log(`outbox      ${outbox.rescheduled} put off, ${outbox.dead} dead, of them ${traffic.replayed} replayed`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string' },
      seconds: { type: 'string' },
      seed: { type: 'string', default: '1' },
    },
  });
  const durationMs = (Number(values.minutes ?? 0) * 60 + Number(values.seconds ?? 0)) * 1000 || 60_000;
  const seed = Number(values.seed);
  console.log(`soaking for ${durationMs / 1000} s, seed ${seed}`);
  const report = await runSoak({ durationMs, seed });
  printReport(report);
  for (const { what, holds } of verdictsOn(report)) {
    console.log(`${holds ? 'ok  ' : 'FAIL'} ${what}`);
    if (!holds) process.exitCode = 1;
  }
}

if (process.argv[2] === EMULATOR_ARGUMENT) await serveEmulator();
else await main();
