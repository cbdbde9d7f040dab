import type { Figure, FigureGroup } from '../figure.js';
import type { OutageSender } from '../programs/outage-traffic.js';
import { ProcessGroup } from '../process/process-group.js';
import { bySize, type Settings } from '../settings.js';
import { inRounds } from './rounds.js';
import type { Scenario } from './scenario.js';

const SENDERS: Readonly<Record<OutageSender, string>> = {
  'one budget': 'send(), with the retry budget',
  'ample budgets': 'send(), as it were without: with budgets that never run out',
  forward: 'forward(), which stops reading',
};

async function measure(settings: Settings, sender: OutageSender) {
  await using processes = new ProcessGroup();
  const server = await processes.start('server', { status: 503 });
  const client = await processes.start('outageTraffic', { origin: await server.origin(), sender });
  const offered = await client.offer(
    bySize(settings, {
      tiny: { perSecond: 100, durationMs: 300 },
      quick: { perSecond: 200, durationMs: 6_000 },
      full: { perSecond: 100, durationMs: 60_000 },
    }),
  );
  const { requests } = await server.report();
  return { offered, requests };
}

/** How much an outage is made worse by trying again. */
export const outageScenario: Scenario = {
  name: 'outage',
  about: 'traffic during an outage of 60 s, with and without the retry budget',

  async run(settings: Settings): Promise<FigureGroup[]> {
    const senders = Object.keys(SENDERS) as OutageSender[];
    // Mostly waiting, and the same each time.
    const rounds = await inRounds({ ...settings, rounds: 1 }, this.name, () =>
      Promise.all(senders.map((sender) => measure(settings, sender))),
    );
    const reportsOf = (index: number) => rounds.flatMap((reports) => reports[index] ?? []);
    const requests = senders.map((sender, index): Figure => ({
      id: `outage-requests:${sender}`,
      label: `requests of ${SENDERS[sender]}`,
      unit: 'requests',
      samples: reportsOf(index).map((report) => report.requests),
    }));
    const ratios = senders.slice(0, 2).map((sender, index): Figure => ({
      id: `outage-ratio:${sender}`,
      label: `requests ÷ events offered: ${SENDERS[sender]}`,
      unit: 'times',
      samples: reportsOf(index).map((report) => report.requests / report.offered),
    }));
    const offered: Figure = {
      id: 'outage-offered',
      label: 'events offered to send()',
      unit: 'events',
      samples: reportsOf(0).map((report) => report.offered),
    };
    return [{ title: 'Outage: every request is answered with 503', figures: [offered, ...requests, ...ratios] }];
  },
};
