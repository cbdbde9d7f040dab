import { setTimeout as sleep } from 'node:timers/promises';
import type { Figure, FigureGroup } from '../figure.js';
import { eventsPerSecond } from '../load/slice.js';
import { ProcessGroup } from '../process/process-group.js';
import { bySize, type Settings } from '../settings.js';
import { inRounds } from './rounds.js';
import type { Scenario } from './scenario.js';

/** What the server allows, and nobody tells the client. */
const ALLOWED = 7;
const LATENCY_MS = 20;

/** Limits per project that are tried: what the server allows, the default, and far too many. */
const LIMITS = [ALLOWED, 10, 64] as const;

async function measure(settings: Settings, perProject: number) {
  await using processes = new ProcessGroup();
  const server = await processes.start('server', { limitPerProject: ALLOWED, latencyMs: LATENCY_MS });
  const origin = await server.origin();
  const client = await processes.start('forwarder', { origin, projects: 1, concurrency: { perProject } });
  const slice = bySize(settings, {
    tiny: { rampMs: 100, measuredMs: 200 },
    quick: { rampMs: 4_000, measuredMs: 3_000 },
    full: { rampMs: 20_000, measuredMs: 20_000 },
  });
  const running = client.slice(slice);
  await sleep(slice.rampMs);
  const before = await server.report();
  const report = await running;
  const after = await server.report();
  const refused = (after.answers[429] ?? 0) - (before.answers[429] ?? 0);
  return { goodput: eventsPerSecond(report), refusedShare: (refused / (after.requests - before.requests)) * 100 };
}

/** How close the client comes to a limit that it has to find out. */
export const limitScenario: Scenario = {
  name: 'limit',
  about: `share of 429 and goodput against a server that answers 429 above ${ALLOWED} in flight`,

  async run(settings: Settings): Promise<FigureGroup[]> {
    const rounds = await inRounds(
      { ...settings, rounds: bySize(settings, { tiny: 1, quick: 1, full: 2 }) },
      this.name,
      () => Promise.all(LIMITS.map((perProject) => measure(settings, perProject))),
    );
    const figures = LIMITS.flatMap((perProject, index): Figure[] => {
      const label = `perProject ${perProject}`;
      const reports = rounds.flatMap((all) => all[index] ?? []);
      const goodputs = reports.map(({ goodput }) => goodput);
      const shares = reports.map(({ refusedShare }) => refusedShare);
      const ratios = goodputs.map((goodput, round) => goodput / (rounds[round]?.[0]?.goodput ?? Number.NaN));
      return [
        { id: `limit-goodput:${perProject}`, label: `${label}: delivered`, unit: 'per second', samples: goodputs },
        ...(perProject === ALLOWED
          ? []
          : [
              { id: `limit-429:${perProject}`, label: `${label}: share of 429`, unit: '%', samples: shares } as const,
              {
                id: `limit-ratio:${perProject}`,
                label: `${label}: delivered ÷ with a fixed limit of ${ALLOWED}`,
                unit: 'times',
                samples: ratios,
              } as const,
            ]),
      ];
    });
    return [{ title: `The server answers 429 above ${ALLOWED} in flight`, figures }];
  },
};
