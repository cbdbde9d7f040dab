import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Figure, FigureGroup } from '../figure.js';
import { slowSyncEnvironment, SYNC_DELAY_MS } from '../load/slow-sync.js';
import { ProcessGroup } from '../process/process-group.js';
import type { ProcessSettings } from '../process/start-process.js';
import { bySize, type Settings } from '../settings.js';
import { inRounds } from './rounds.js';
import type { Scenario } from './scenario.js';

const CALLERS = 512;

const MEGABYTE = 2 ** 20;

function format(count: number): string {
  return new Intl.NumberFormat('en').format(count);
}

/** Adding against the bare driver, one after the other: they would take the disk from each other. */
async function measureAdding(settings: Settings, folder: string, round: number, environment: ProcessSettings = {}) {
  const durationMs = bySize(settings, { tiny: 100, quick: 1_500, full: 4_000 });
  await using processes = new ProcessGroup();
  const bare = await processes.start('bareSqlite', { path: join(folder, `bare-${round}.db`) }, environment);
  const outbox = await processes.start('outboxAdding', { path: join(folder, `adding-${round}.db`) }, environment);
  // Until then the compiler is at work.
  await bare.add(durationMs / 4);
  await outbox.add({ callers: CALLERS, durationMs: durationMs / 4 });
  const bareRate = await bare.add(durationMs);
  const { rate, delayP99Ms } = await outbox.add({ callers: CALLERS, durationMs });
  return { bareRate, rate, delayP99Ms, idleP99Ms: await outbox.idle(durationMs) };
}

async function measureDelivering(settings: Settings, folder: string, round: number) {
  const events = bySize(settings, { tiny: 500, quick: 10_000, full: 40_000 });
  const path = join(folder, `delivering-${round}.db`);
  await using processes = new ProcessGroup();
  const server = await processes.start('server', {});
  const program = await processes.start('outboxDelivering', {
    path,
    origin: await server.origin(),
    inFlight: settings.inFlight,
  });
  await program.fill({ projectId: 'STORED', events: 2 * events });
  await program.forward(events);
  const forwarded = await program.forward(events);
  const delivered = await program.deliver({ first: events, events });
  await program.close();
  return { forwarded, delivered };
}

async function measureTurn(settings: Settings, folder: string, round: number, backlog: number) {
  await using processes = new ProcessGroup();
  const server = await processes.start('server', {});
  const origin = await server.origin();
  const path = join(folder, `turn-${round}.db`);
  const program = await processes.start('outboxDelivering', { path, origin, inFlight: settings.inFlight });
  await program.fill({ projectId: 'LARGE', events: backlog });
  await program.fill({ projectId: 'SMALL', events: 1 });
  return await program.turnOf('SMALL');
}

async function measureReopening(settings: Settings, folder: string, stored: number) {
  const path = join(folder, 'full.db');
  await using processes = new ProcessGroup();
  const filling = await processes.start('outboxDelivering', { path, origin: 'http://127.0.0.1:9', inFlight: 1 });
  await filling.fill({ projectId: 'FULL', events: stored });
  await filling.close();
  const deliveries = bySize(settings, { tiny: 500, quick: 20_000, full: 20_000 });
  return await inRounds(settings, 'outbox, full', async () => {
    const program = await processes.start('outboxReopening', { path }, { execArgv: ['--expose-gc'] });
    return program.reopen(deliveries);
  });
}

/** What it costs that events are on the disk before they are accepted. */
export const outboxScenario: Scenario = {
  name: 'outbox',
  about:
    'adding to an outbox on disk beside the bare SQLite driver, delivering from it beside forward(), a full file, turns',

  async run(settings: Settings): Promise<FigureGroup[]> {
    const folder = await mkdtemp(join(tmpdir(), 'clevertap-attribution-bench-'));
    try {
      const adding = await inRounds(settings, this.name, (round) => measureAdding(settings, folder, round));
      const env = slowSyncEnvironment(folder);
      const slow =
        env === undefined
          ? []
          : await inRounds(settings, `${this.name}, slow disk`, (round) =>
              measureAdding(settings, folder, settings.rounds + round, { env }),
            );
      const delivering = await inRounds(settings, `${this.name}, delivering`, (round) =>
        measureDelivering(settings, folder, round),
      );
      const backlog = bySize(settings, { tiny: 3_000, quick: 100_000, full: 300_000 });
      const turns = await inRounds(
        { ...settings, rounds: bySize(settings, { tiny: 1, quick: 1, full: 2 }) },
        `${this.name}, turns`,
        (round) => measureTurn(settings, folder, round, backlog),
      );
      const stored = bySize(settings, { tiny: 2_000, quick: 200_000, full: 1_000_000 });
      const reopened = await measureReopening(settings, folder, stored);
      return [
        {
          title: `Adding to an outbox on disk, ${CALLERS} callers`,
          figures: addingFigures('outbox', adding),
          note: 'The bare driver does 64 inserts of the same events in each synced transaction.',
        },
        ...(slow.length === 0
          ? []
          : [
              {
                title: `The same on a disk whose syncs each take ${SYNC_DELAY_MS} ms longer`,
                figures: addingFigures('outbox-slow', slow),
              },
            ]),
        {
          title: 'Delivering from an outbox on disk',
          figures: [
            {
              id: 'outbox-delivered',
              label: 'claimed, delivered over HTTP and settled',
              unit: 'per second',
              samples: delivering.map(({ delivered }) => delivered),
            },
            {
              id: 'outbox-to-forward',
              label: 'that ÷ forward() of the same events',
              unit: 'times',
              samples: delivering.map(({ delivered, forwarded }) => delivered / forwarded),
            },
            {
              id: 'outbox-turn',
              label: `first event of a small project behind ${format(backlog)} of another: delivered after`,
              unit: '%',
              samples: turns.map((turn) => (turn / backlog) * 100),
            },
          ],
        },
        {
          title: `An outbox with ${format(stored)} events`,
          figures: [
            {
              id: 'outbox-reopen',
              label: 'from opening it to one more event on disk',
              unit: 'ms',
              samples: reopened.map(({ reopenMs }) => reopenMs),
            },
            {
              id: 'outbox-memory',
              label: 'more resident memory after deliveries',
              unit: 'MB',
              samples: reopened.map(({ memoryBytes }) => memoryBytes / MEGABYTE),
            },
          ],
        },
      ];
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

type Adding = Awaited<ReturnType<typeof measureAdding>>;

function addingFigures(id: string, rounds: readonly Adding[]): Figure[] {
  return [
    { id: `${id}-add`, label: 'added', unit: 'per second', samples: rounds.map(({ rate }) => rate) },
    {
      id: `${id}-to-bare`,
      label: 'added ÷ what the bare driver inserts',
      unit: 'times',
      samples: rounds.map(({ rate, bareRate }) => rate / bareRate),
    },
    {
      id: `${id}-delay`,
      label: 'event-loop delay, 99th percentile',
      unit: 'ms',
      samples: rounds.map(({ delayP99Ms }) => delayP99Ms),
    },
    {
      id: `${id}-idle-delay`,
      label: 'the same with nothing to do',
      unit: 'ms',
      samples: rounds.map(({ idleP99Ms }) => idleP99Ms),
    },
  ];
}
