import { describe, expect, expectTypeOf, it } from 'vitest';
import type { BaseUrl } from '../../src/contract/endpoint.js';
import { ValidationError } from '../../src/errors.js';
import {
  createEmulator,
  startEmulator,
  type EmulatorOptions,
  type Fault,
  type ListeningEmulator,
  type ListenOptions,
  type RegionUrls,
} from '../../src/testing/index.js';
import { canaryCredentials } from '../support/canary.js';

describe('options', () => {
  it.each<[unknown, RegExp]>([
    [{ accounts: [{ projectId: 'P' }] }, /accounts\.0\.projectToken: Project Token is required/],
    [{ accounts: [canaryCredentials({ region: 'atlantis' })] }, /accounts\.0\.region: Region is unknown/],
    [{ partners: ['ok', ' '] }, /partners\.1: must not be empty/],
    [{ requiredUtm: 'some' }, /requiredUtm/],
    [{ authenticationStatus: 402 }, /authenticationStatus/],
    [{ seed: 1.5 }, /seed/],
    [{ keep: -1 }, /keep/],
    [{ onRequest: 'x' }, /onRequest: must be a function/],
    [{ now: 1 }, /now: must be a function/],
    [{ listen: 'single' }, /listen/],
    [{ surprise: true }, /surprise/],
    [null, /emulator options/],
  ])('%j is refused', (options, message) => {
    const create = () => createEmulator(options as EmulatorOptions);
    expect(create).toThrow(ValidationError);
    expect(create).toThrow(message);
  });

  it.each<[unknown, RegExp]>([
    [{ listen: 'everywhere' }, /listen/],
    [{ listen: 'single', port: 70_000 }, /port/],
    [{ port: 8080 }, /port: goes with listen: "single" only/],
    [{ listen: 'regions', port: 8080 }, /port: goes with listen: "single" only/],
  ])('%j is refused by startEmulator', async (options, message) => {
    await expect(startEmulator(options as ListenOptions)).rejects.toThrow(message);
  });

  it('are all told at once', () => {
    const create = () => createEmulator({ keep: -1, seed: 0.5 });
    expect(create).toThrow(/seed: .*; keep: /);
  });

  it('may be left out', async () => {
    await createEmulator().close();
    await (await startEmulator()).close();
  });
});

describe('types', () => {
  it('give a URL per region, or one', () => {
    expectTypeOf<Awaited<ReturnType<typeof startEmulator>>>().toHaveProperty('baseUrl');
    expectTypeOf(() => startEmulator({})).returns.resolves.toEqualTypeOf<ListeningEmulator>();
    expectTypeOf(() => startEmulator({ listen: 'single' })).returns.resolves.toEqualTypeOf<ListeningEmulator<string>>();
    expectTypeOf<ListeningEmulator['baseUrl']>().toEqualTypeOf<RegionUrls>();
    expectTypeOf<RegionUrls>().toExtend<BaseUrl>();
  });

  it('take a fault whose kind is a variable', () => {
    expectTypeOf<{ kind: 'hang'; times: 1 }>().toExtend<Fault>();
    expectTypeOf<{ kind: 'hang' | 'garbage' | 'reset_after'; times: number }>().toExtend<Fault>();
    expectTypeOf<{ kind: 'latency'; ms: 1; recorded: true; surprise: 1 }>().toExtend<Fault>();
    // @ts-expect-error A port goes with a single listener only.
    expectTypeOf(() => startEmulator({ listen: 'regions', port: 1 })).toBeFunction();
  });
});
