import type { BatchObservableResult, Meter, Observable } from '@opentelemetry/api';
import type { QueueStats } from '../outbox/queue.js';
import { ATTRIBUTE } from './attributes.js';
import type { Figures, TotalName } from './client-figures.js';

const PREFIX = 'clevertap.attribution';

/** From a loopback answer to the whole time of an event, in seconds. */
const DURATIONS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

const TOTALS: readonly (readonly [name: TotalName, metric: string, unit: string, description: string])[] = [
  ['accepted', 'events.accepted', '{event}', 'Events that passed validation and were taken on.'],
  ['delivered', 'events.delivered', '{event}', 'Events that CleverTap took.'],
  ['unconfirmed', 'events.unconfirmed', '{event}', 'Deliveries that a 2xx without the word success answered.'],
  ['maybeDuplicate', 'events.maybe_duplicate', '{event}', 'Deliveries that may be there twice.'],
  ['refused', 'events.refused', '{event}', 'Events that were turned away before they were accepted.'],
  ['attempts', 'attempts', '{request}', 'Requests started.'],
  ['retries', 'retries', '{request}', "Requests started that were not their event's first."],
];

const OUTBOX_STATES = ['ready', 'delayed', 'leased', 'dead'] as const;

/** The two histograms. */
export function createDurations(meter: Meter) {
  const options = { unit: 's', advice: { explicitBucketBoundaries: DURATIONS } };
  return {
    attemptDuration: meter.createHistogram(`${PREFIX}.attempt.duration`, {
      ...options,
      description: 'Of one request.',
    }),
    eventDuration: meter.createHistogram(`${PREFIX}.event.duration`, {
      ...options,
      description: 'Of an event from its acceptance to its end, waits included.',
    }),
  };
}

/** Has the figures of the clients observed whenever metrics are collected. */
export function observeClients(meter: Meter, read: () => Figures): void {
  const totals = TOTALS.map(([name, metric, unit, description]) => {
    return [name, meter.createObservableCounter(`${PREFIX}.${metric}`, { unit, description })] as const;
  });
  const sum = (metric: string, unit: string, description: string) =>
    meter.createObservableUpDownCounter(`${PREFIX}.${metric}`, { unit, description });
  const gauge = (metric: string, unit: string, description: string) =>
    meter.createObservableGauge(`${PREFIX}.${metric}`, { unit, description });
  const failed = meter.createObservableCounter(`${PREFIX}.events.failed`, {
    unit: '{event}',
    description: 'Accepted events that ended without delivery.',
  });
  const inFlight = sum('in_flight', '{request}', 'Requests in flight.');
  const waiting = sum('waiting', '{event}', 'Accepted events that wait: for their turn, or for their next attempt.');
  const onHold = sum(
    'projects.on_hold',
    '{project}',
    'Projects whose credentials are refused, so that nothing is sent.',
  );
  const outage = gauge('region.outage', '1', '1 while a region has an outage.');
  const suspended = gauge('region.suspended', '1', '1 while the retry budget of a region is used up.');
  const budget = gauge('region.retry_budget', '{retry}', 'Retries left in the budget of a region.');
  const instruments = [...totals.map(([, each]) => each), failed, inFlight, waiting, onHold, outage, suspended, budget];
  meter.addBatchObservableCallback((result) => {
    const figures = read();
    for (const [name, instrument] of totals) result.observe(instrument, figures.totals[name]);
    for (const [code, count] of figures.failedByCode) result.observe(failed, count, { [ATTRIBUTE.errorType]: code });
    result.observe(inFlight, figures.inFlight);
    result.observe(waiting, figures.waiting);
    result.observe(onHold, figures.projectsOnHold);
    for (const { region, ...state } of figures.regions) {
      const attributes = { [ATTRIBUTE.region]: region };
      result.observe(outage, state.outageSince === undefined ? 0 : 1, attributes);
      result.observe(suspended, state.suspended ? 1 : 0, attributes);
      result.observe(budget, state.retryBudget, attributes);
    }
  }, instruments);
}

/** Has an outbox observed whenever metrics are collected, until the function that comes back is called. */
export function observeOutbox(meter: Meter, name: string, stats: () => Promise<QueueStats | undefined>): () => void {
  const stored = meter.createObservableGauge(`${PREFIX}.outbox.events`, {
    unit: '{event}',
    description: 'Events in the outbox by state: ready, delayed, leased (out for delivery), dead.',
  });
  const oldestAge = meter.createObservableGauge(`${PREFIX}.outbox.oldest_age`, {
    unit: 's',
    description: 'How long the oldest event that is not dead has been stored; 0 if there is none.',
  });
  const instruments: Observable[] = [stored, oldestAge];
  const observe = async (result: BatchObservableResult): Promise<void> => {
    const now = await stats();
    if (now === undefined) return;
    const attributes = { [ATTRIBUTE.outbox]: name };
    for (const state of OUTBOX_STATES) {
      result.observe(stored, now[state], { ...attributes, [ATTRIBUTE.outboxState]: state });
    }
    result.observe(oldestAge, (now.oldestAgeMs ?? 0) / 1000, attributes);
  };
  meter.addBatchObservableCallback(observe, instruments);
  return () => meter.removeBatchObservableCallback(observe, instruments);
}
