import { beforeEach, describe, expect, it } from 'vitest';
import { parseCredentials } from '../../src/contract/credentials.js';
import type { RegionCode } from '../../src/contract/regions.js';
import { LastingTroubles, stopWithinMs } from '../../src/cli/lasting-troubles.js';
import { canaryCredentials } from '../support/canary.js';

let now: number;
let troubles: LastingTroubles;

const host = 'api.clevertap.com';
const suspended = (region: RegionCode) => troubles.onNotice({ type: 'retries_suspended', region, host });
const resumed = (region: RegionCode) => troubles.onNotice({ type: 'retries_resumed', region, host });

const inRegion = (projectId: string, region: RegionCode) => parseCredentials(canaryCredentials({ projectId, region }));
const credentials = [inRegion('INDIAN', 'in'), inRegion('EUROPEAN', 'eu')];
const projects = ['INDIAN', 'EUROPEAN', 'WITHOUT-CREDENTIALS'].map((partition) => ({ partition }));

function awaited(): readonly string[] {
  return troubles.without(projects).map(({ partition }) => partition);
}

beforeEach(() => {
  now = 1_000;
  troubles = new LastingTroubles({ credentials, patienceS: 60, now: () => now });
});

describe('a region in trouble', () => {
  it('is waited for as long as one is patient, and then its projects are left out, and no others', () => {
    suspended('in');
    now += 59_999;
    expect([troubles.regions, awaited()]).toEqual([[], ['INDIAN', 'EUROPEAN', 'WITHOUT-CREDENTIALS']]);
    now += 1;
    expect([troubles.regions, awaited()]).toEqual([['in'], ['EUROPEAN', 'WITHOUT-CREDENTIALS']]);
    expect(troubles.describe()).toEqual([
      'The region "in" has delivered nothing for 60 s (--deadline): its events stay stored for the next run.',
    ]);
  });

  it('is waited for anew once it has delivered', () => {
    suspended('in');
    now += 60_000;
    resumed('in');
    expect([troubles.regions, troubles.describe()]).toEqual([[], []]);
    suspended('in');
    now += 59_999;
    expect(troubles.regions).toEqual([]);
  });

  it('cuts short what is out at the end', () => {
    suspended('in');
    expect(stopWithinMs(troubles)).toBe(10_000);
    now += 60_000;
    expect(stopWithinMs(troubles)).toBe(2_000);
  });

  it('has five minutes where nothing else was said', () => {
    expect(new LastingTroubles({ credentials, patienceS: undefined }).patienceMs).toBe(300_000);
  });
});
