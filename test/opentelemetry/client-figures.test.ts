import { describe, expect, it } from 'vitest';
import type { Counters } from '../../src/observe/counters.js';
import { Observer } from '../../src/observe/observer.js';
import type { RegionState, TelemetrySource } from '../../src/observe/telemetry.js';
import { ClientFigures } from '../../src/opentelemetry/client-figures.js';

const calm: RegionState = {
  region: 'in',
  host: 'in1.api.clevertap.com',
  outageSince: undefined,
  retryBudget: 100,
  suspended: false,
};

function source(counters: Partial<Counters>, regions: readonly RegionState[] = []): TelemetrySource {
  const all = { ...new Observer(undefined).snapshot(), ...counters };
  return { method: 'GET', counters: () => all, regions: () => regions };
}

describe('the figures', () => {
  it('of several clients are added up', () => {
    const figures = new ClientFigures();
    figures.add(source({ accepted: 10, delivered: 4, pending: 5, inFlight: 2, failedByCode: { network: 1 } }));
    figures.add(
      source({ accepted: 1, pending: 1, inFlight: 1, projectsOnHold: 3, failedByCode: { network: 1, closed: 2 } }),
    );
    expect(figures.read()).toMatchObject({
      totals: { accepted: 11, delivered: 4 },
      inFlight: 3,
      waiting: 3,
      projectsOnHold: 3,
      failedByCode: new Map([
        ['network', 2],
        ['closed', 2],
      ]),
    });
  });

  it('keep the totals of a client that was closed, and nothing else of it', () => {
    const figures = new ClientFigures();
    const remove = figures.add(source({ attempts: 7, pending: 2, inFlight: 1, failedByCode: { closed: 1 } }, [calm]));
    remove();
    remove();
    expect(figures.read()).toMatchObject({
      totals: { attempts: 7 },
      failedByCode: new Map([['closed', 1]]),
      inFlight: 0,
      waiting: 0,
      regions: [],
    });
  });

  it('show a region as the client in most trouble sees it', () => {
    const figures = new ClientFigures();
    const outageSince = new Date();
    figures.add(source({}, [{ ...calm, retryBudget: 3, suspended: true }]));
    figures.add(
      source({}, [
        { ...calm, outageSince },
        { ...calm, region: 'eu' },
      ]),
    );
    expect(figures.read().regions).toMatchObject([
      { region: 'in', outageSince, retryBudget: 3, suspended: true },
      { region: 'eu', outageSince: undefined, retryBudget: 100, suspended: false },
    ]);
  });
});
