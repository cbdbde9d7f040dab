import { describe, expect, it } from 'vitest';
import { Access } from '../../src/contract/access.js';
import { parseCredentials } from '../../src/contract/credentials.js';
import { Partner } from '../../src/contract/partner.js';
import { HOLD_AFTER, HOLD_MS } from '../../src/delivery/authentication-hold.js';
import { ProjectHealth } from '../../src/delivery/project-health.js';
import { ProjectHealthRegistry } from '../../src/delivery/project-health-registry.js';
import { Observer } from '../../src/observe/observer.js';
import { canaryCredentials } from '../support/canary.js';

const MINUTE = 60_000;
const MOST = 10_000;

const access = new Access(new Partner({ partnerName: 'airbridge' }), parseCredentials(canaryCredentials()));
const FAILURE = {
  kind: 'failed',
  retryable: false,
  maybeRecorded: false,
  reset: false,
  status: 401,
  retryAfterMs: undefined,
  text: '',
  causeCode: undefined,
} as const;

function healthOf(projectId: string): ProjectHealth {
  const backOff = { initialDelayMs: 100, maxDelayMs: 1000, factor: 2 };
  return new ProjectHealth(projectId, 10, backOff, new Observer(undefined));
}

function registryOf(count: number, now = 0): ProjectHealthRegistry {
  const registry = new ProjectHealthRegistry();
  for (let index = 0; index < count; index += 1) registry.keep(healthOf(`P${index}`), now);
  return registry;
}

function pause(health: ProjectHealth, retryAfterMs: number, now: number): ProjectHealth {
  health.note(
    { access, startedAt: now, atLimit: true, result: { ...FAILURE, code: 'rate_limited', retryAfterMs } },
    now,
  );
  return health;
}

function hold(health: ProjectHealth, now: number): ProjectHealth {
  for (let count = 0; count < HOLD_AFTER; count += 1) {
    health.note({ access, startedAt: now, atLimit: true, result: { ...FAILURE, code: 'authentication' } }, now);
  }
  return health;
}

describe('the projects in trouble', () => {
  it('are remembered as they are, each once', () => {
    const registry = new ProjectHealthRegistry();
    expect(registry.get('A')).toBeUndefined();
    const health = healthOf('A');
    registry.keep(health, 0);
    registry.keep(health, 1);
    expect([registry.get('A'), registry.get('B'), registry.size]).toEqual([health, undefined, 1]);
  });

  it('are forgotten when they are well', () => {
    const registry = registryOf(3);
    registry.drop('P1');
    registry.drop('none');
    expect([registry.size, registry.get('P1'), registry.get('P2') !== undefined]).toEqual([2, undefined, true]);
  });

  it('are forgotten ten minutes after their last request, when another comes', () => {
    const registry = registryOf(3);
    registry.keep(healthOf('late'), 10 * MINUTE);
    expect(registry.size).toBe(4);
    registry.keep(healthOf('later'), 10 * MINUTE + 1);
    expect([registry.size, registry.get('P0'), registry.get('P2')]).toEqual([2, undefined, undefined]);
  });

  it('are remembered as long as they are used', () => {
    const registry = registryOf(3);
    const used = registry.get('P0') as ProjectHealth;
    for (let minute = 1; minute < 30; minute += 1) registry.keep(used, minute * MINUTE);
    registry.keep(healthOf('other'), 30 * MINUTE);
    expect([registry.size, registry.get('P0'), registry.get('P1')]).toEqual([2, used, undefined]);
  });

  it('are remembered to the end of a pause, however long they were asked to wait', () => {
    const registry = new ProjectHealthRegistry();
    const paused = pause(healthOf('paused'), 60 * MINUTE, 0);
    registry.keep(paused, 0);
    registry.keep(healthOf('A'), 59 * MINUTE);
    expect(registry.get('paused')).toBe(paused);
    registry.keep(healthOf('B'), 60 * MINUTE);
    expect([registry.get('paused'), registry.size]).toEqual([undefined, 2]);
  });

  it('are 10,000 at most: the one that was used longest ago goes', () => {
    const registry = registryOf(MOST);
    registry.keep(registry.get('P0') as ProjectHealth, 1);
    registry.keep(healthOf('one more'), 1);
    registry.keep(healthOf('and another'), 1);
    expect(registry.size).toBe(MOST);
    expect(['P0', 'P1', 'P2', 'P3', 'one more'].map((id) => registry.get(id) !== undefined)).toEqual([
      true,
      false,
      false,
      true,
      true,
    ]);
  });

  it('are 10,000 at most also where all are paused', () => {
    const registry = new ProjectHealthRegistry();
    for (let index = 0; index <= MOST; index += 1) registry.keep(pause(healthOf(`P${index}`), MINUTE, 0), 0);
    expect([registry.size, registry.get('P0')]).toEqual([MOST, undefined]);
  });
});

describe('the projects on hold', () => {
  it('are counted while they are', () => {
    const registry = registryOf(5);
    registry.keep(hold(healthOf('A'), 0), 0);
    registry.keep(hold(healthOf('B'), 10), 10);
    expect([10, HOLD_MS - 1, HOLD_MS, HOLD_MS + 10].map((now) => registry.held(now))).toEqual([2, 2, 1, 0]);
  });
});
