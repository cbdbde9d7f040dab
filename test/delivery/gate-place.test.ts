import { expect, it } from 'vitest';
import { resolveEndpoint } from '../../src/contract/endpoint.js';
import { GatePlace } from '../../src/delivery/gate-place.js';
import { RegionHealth } from '../../src/delivery/region-health.js';
import { Observer } from '../../src/observe/observer.js';

it('a place before a gate is no probe until it is let through as one, of which its sending is told', () => {
  const backOff = { initialDelayMs: 100, maxDelayMs: 1000, factor: 2 };
  const health = new RegionHealth(resolveEndpoint('eu'), backOff, new Observer(undefined));
  const told: boolean[] = [];
  const place: GatePlace = new GatePlace({ onGateOpen: () => told.push(place.asProbe) }, health);
  expect([place.asProbe, place.health]).toEqual([false, health]);
  place.onGateOpen(true);
  place.onGateOpen(false);
  expect(told).toEqual([true, false]);
});
