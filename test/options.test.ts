import { Agent, MockAgent } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../src/contract/secret.js';
import { AttributionClient } from '../src/client.js';
import { checkSendOptions, checkCloseOptions, checkForwardOptions } from '../src/call-options.js';
import { resolveOptions } from '../src/options.js';
import { problemsOf } from './contract/problems-of.js';
import { CANARY_TOKEN, canaryCredentials } from './support/canary.js';

const partnerName = 'airbridge';

const problems = (options: unknown) => problemsOf(() => resolveOptions(options));

/** The one problem of an option beside a partner name. */
function problem(options: object): string {
  const found = problems({ partnerName, ...options });
  expect(found).toHaveLength(1);
  return found[0] ?? '';
}

describe('the defaults', () => {
  it('are as documented', () => {
    expect(resolveOptions({ partnerName })).toEqual({
      partnerName: 'airbridge',
      credentials: undefined,
      utmPolicy: 'all',
      method: 'GET',
      baseUrl: undefined,
      allowInsecureHttp: false,
      timeoutMs: 60_000,
      deadlineMs: 300_000,
      retry: { maxAttempts: 5, initialDelayMs: 500, maxDelayMs: 30_000, factor: 2, whenMaybeRecorded: 'retry' },
      maxUrlBytes: 8_000,
      requireConfirmation: false,
      concurrency: { perProject: 10, total: 256 },
      maxPending: 10_000,
      connections: 256,
      keepAliveTimeoutMs: 30_000,
      allowH2: false,
      dispatcher: undefined,
      onNotice: undefined,
      logger: undefined,
      logLevel: undefined,
      telemetry: undefined,
    });
  });

  it('fill in what is left out of a group', () => {
    expect(resolveOptions({ partnerName, retry: { maxAttempts: 2 }, concurrency: { total: 30 } })).toMatchObject({
      retry: { maxAttempts: 2, initialDelayMs: 500, maxDelayMs: 30_000, factor: 2, whenMaybeRecorded: 'retry' },
      concurrency: { perProject: 10, total: 30 },
      connections: 30,
    });
  });

  it('stand where undefined is given', () => {
    const options = { timeoutMs: undefined, retry: undefined, connections: undefined, dispatcher: undefined };
    expect(resolveOptions({ partnerName, ...options })).toEqual(resolveOptions({ partnerName }));
  });

  it('are those of calls, of forward() and of close() as well', () => {
    expect(checkSendOptions({})).toEqual({});
    expect(checkForwardOptions({})).toEqual({ lookAhead: 1024, maxPendingPerProject: Number.POSITIVE_INFINITY });
    expect(checkCloseOptions({})).toEqual({ timeoutMs: 30_000 });
  });
});

describe('what is given', () => {
  it('is taken as it is, where it is right', () => {
    const dispatcher = new Agent();
    onTestFinished(() => dispatcher.destroy());
    const onNotice = () => undefined;
    const given = {
      partnerName,
      credentials: canaryCredentials({ region: 'India' }),
      utmPolicy: 'any',
      method: 'POST',
      baseUrl: { in: 'https://proxy.example/in' },
      allowInsecureHttp: true,
      timeoutMs: 0.5,
      deadlineMs: Infinity,
      retry: { maxAttempts: 1, initialDelayMs: 0, maxDelayMs: 0, factor: 1, whenMaybeRecorded: 'stop' },
      maxUrlBytes: 1,
      requireConfirmation: true,
      concurrency: { perProject: 1, total: 1 },
      maxPending: 1,
      dispatcher,
      onNotice,
      logger: console,
      logLevel: 'warn',
      telemetry: { begin: () => undefined },
    };
    const resolved = resolveOptions(given);
    expect(resolved).toMatchObject({
      ...given,
      credentials: { region: 'in' },
      dispatcher: expect.anything() as unknown,
    });
    expect([resolved.dispatcher, resolved.onNotice]).toEqual([dispatcher, onNotice]);
    expect([resolved.logger === console, resolved.telemetry === given.telemetry]).toEqual([true, true]);
    expect(resolved.credentials?.projectToken).toBeInstanceOf(Secret);
    expect(resolved.credentials?.projectToken.reveal()).toBe(CANARY_TOKEN);
  });

  it('is trimmed where it is the name of the partner', () => {
    expect(resolveOptions({ partnerName: ' \u200bAirbridge\u00a0' }).partnerName).toBe('Airbridge');
  });

  it('does not change any more', () => {
    const resolved = resolveOptions({ partnerName });
    expect(Object.isFrozen(resolved)).toBe(true);
  });
});

const COUNT = 'must be a whole number, at least 1';
const DURATION = 'must be a number of milliseconds greater than 0';

describe('what is wrong', () => {
  it.each([
    [{ partnerName: undefined }, 'partnerName: is required: your name as CleverTap has whitelisted it'],
    [{ partnerName: ' \u00a0 ' }, 'partnerName: is empty, but required: your name as CleverTap has whitelisted it'],
    [{ partnerName: 5 }, 'partnerName: must be a text, but a number was given; put it in quotes'],
    [{ partnerName: 'a\ud800' }, 'partnerName: holds a lone surrogate, which has no UTF-8 form'],
    [{ utmPolicy: 'some' }, 'utmPolicy: must be "all" or "any"'],
    [{ method: 'PUT' }, 'method: must be "GET" or "POST"'],
    [{ allowInsecureHttp: 'yes' }, 'allowInsecureHttp: must be true or false'],
    [{ requireConfirmation: 1 }, 'requireConfirmation: must be true or false'],
    [{ timeoutMs: 0 }, `timeoutMs: ${DURATION}`],
    [{ timeoutMs: '60' }, `timeoutMs: ${DURATION}`],
    [{ timeoutMs: Infinity }, `timeoutMs: ${DURATION}`],
    [{ timeoutMs: 2 ** 31 }, 'timeoutMs: must be less than 2^31 milliseconds'],
    [{ deadlineMs: 0 }, `deadlineMs: ${DURATION}, or Infinity`],
    [{ deadlineMs: Number.NaN }, `deadlineMs: ${DURATION}, or Infinity`],
    [{ retry: { maxAttempts: 0 } }, `retry.maxAttempts: ${COUNT}`],
    [{ retry: { maxAttempts: 2.5 } }, `retry.maxAttempts: ${COUNT}`],
    [{ retry: { maxAttempts: Infinity } }, `retry.maxAttempts: ${COUNT}`],
    [{ retry: { initialDelayMs: -1 } }, 'retry.initialDelayMs: must not be negative'],
    [{ retry: { initialDelayMs: '1' } }, 'retry.initialDelayMs: must be a number of milliseconds'],
    [{ retry: { maxDelayMs: -1 } }, 'retry.maxDelayMs: must not be negative'],
    [{ retry: { maxDelayMs: null } }, 'retry.maxDelayMs: must be a number of milliseconds'],
    [{ retry: { factor: 0.9 } }, 'retry.factor: must be at least 1'],
    [{ retry: { factor: 'two' } }, 'retry.factor: must be a number'],
    [{ retry: { whenMaybeRecorded: 'ask' } }, 'retry.whenMaybeRecorded: must be "retry" or "stop"'],
    [{ maxUrlBytes: 0 }, `maxUrlBytes: ${COUNT}`],
    [{ concurrency: { perProject: 0 } }, `concurrency.perProject: ${COUNT}`],
    [{ concurrency: { total: -3 } }, `concurrency.total: ${COUNT}`],
    [{ maxPending: 0 }, `maxPending: ${COUNT}`],
    [{ connections: 0 }, `connections: ${COUNT}`],
    [{ dispatcher: {} }, 'dispatcher: must be an undici Dispatcher'],
    [{ onNotice: 'log' }, 'onNotice: must be a function'],
    [
      { logger: { info: console.info } },
      'logger: must be a function, or a logger with the methods debug, info, warn, error',
    ],
    [{ logLevel: 'trace' }, 'logLevel: must be one of debug, info, warn, error'],
    [{ telemetry: true }, 'telemetry: must be what openTelemetry() gives, or an object with a method begin'],
    [{ baseUrl: 5 }, 'baseUrl: must be a URL, or an object with URLs by region code (eu, us, in, sg, sk, id, ae)'],
    [
      { credentials: canaryCredentials({ projectToken: '' }) },
      'credentials.projectToken: Project Token is required; the CleverTap dashboard shows it under Settings > Project',
    ],
  ])('is said of %o', (options, message) => {
    expect(problem(options)).toBe(message);
  });

  it('is an option that does not exist, and one within a group', () => {
    expect(problem({ timeout: 5 })).toContain('timeout');
    expect(problem({ retry: { retries: 5 } })).toContain('retries');
    expect(problem({ concurrency: { perRegion: 5 } })).toContain('perRegion');
  });

  it.each([undefined, null, 'airbridge', 5])('is no object: %o', (options) => {
    expect(problems(options)).toHaveLength(1);
  });

  it('is said all at once', () => {
    const dispatcher = new MockAgent();
    onTestFinished(() => dispatcher.close());
    const found = problems({
      method: 'PUT',
      credentials: { projectId: '', projectToken: 'a b', region: 'mars' },
      retry: { maxAttempts: 0, factor: 0 },
      baseUrl: { in: 'http://proxy.example', us: 'nowhere' },
      connections: 3,
      dispatcher,
    });
    expect(found.map((each) => each.split(':')[0])).toEqual([
      'partnerName',
      'credentials.projectId',
      'credentials.projectToken',
      'credentials.projectPasscode',
      'credentials.region',
      'method',
      'retry.maxAttempts',
      'retry.factor',
      'connections',
      'baseUrl.in',
      'baseUrl.us',
    ]);
  });
});

describe('options that exclude each other', () => {
  it('are dispatcher and connections, and the error names both', () => {
    const dispatcher = new Agent();
    onTestFinished(() => dispatcher.destroy());
    const message = problem({ dispatcher, connections: 5 });
    expect(message).toMatch(/^connections: /);
    expect(message).toContain('dispatcher');
  });

  it('are a single baseUrl and a region, and the error names both', () => {
    const message = problem({ baseUrl: 'https://proxy.example', credentials: canaryCredentials({ region: 'in' }) });
    expect(message).toMatch(/^credentials\.region: region and a single baseUrl exclude each other/);
  });

  it('are not a map of baseUrls and a region, nor a single baseUrl and no region', () => {
    const map = { in: 'https://proxy.example' };
    expect(problems({ partnerName, baseUrl: map, credentials: canaryCredentials({ region: 'in' }) })).toEqual([]);
    expect(problems({ partnerName, baseUrl: 'https://proxy.example', credentials: canaryCredentials() })).toEqual([]);
  });

  it('are so in project() and replaceCredentials() as well', () => {
    const client = new AttributionClient({
      partnerName,
      credentials: canaryCredentials(),
      baseUrl: 'https://proxy.example',
    });
    const withRegion = canaryCredentials({ region: 'in' });
    for (const call of [() => client.project(withRegion), () => client.replaceCredentials(withRegion)]) {
      expect(problemsOf(call)).toEqual([
        'region: region and a single baseUrl exclude each other: leave out one, or give baseUrl as a map by region',
      ]);
    }
  });
});

describe('plain http', () => {
  it.each(['http://localhost:3000', 'http://127.0.0.1', 'http://127.9.9.9:80', 'http://[::1]:3000'])(
    'is for loopback addresses: %s',
    (baseUrl) => {
      expect(problems({ partnerName, baseUrl })).toEqual([]);
      expect(problems({ partnerName, baseUrl: { eu: baseUrl } })).toEqual([]);
    },
  );

  it.each(['http://proxy.example', 'http://10.0.0.1', 'http://localhost.example', 'http://127.0.0.1.example'])(
    'is for nothing else, unless that is asked for: %s',
    (baseUrl) => {
      expect(problem({ baseUrl })).toMatch(/^baseUrl: plain http:\/\/ would send credentials unencrypted/);
      expect(problem({ baseUrl })).toContain('allowInsecureHttp');
      expect(problem({ baseUrl: { eu: baseUrl } })).toMatch(/^baseUrl\.eu: plain http/);
      expect(problems({ partnerName, baseUrl, allowInsecureHttp: true })).toEqual([]);
    },
  );
});

describe('a baseUrl', () => {
  it.each([
    'proxy.example',
    'ftp://proxy.example',
    'https://user:pass@proxy.example',
    'https://proxy.example?x=1',
    'https://proxy.example#x',
  ])('that is none is refused: %s', (baseUrl) => {
    expect(problem({ baseUrl })).toMatch(/^baseUrl: must/);
  });

  it('of a region that does not exist is refused', () => {
    expect(problems({ partnerName, baseUrl: { mars: 'https://proxy.example' } })).toHaveLength(1);
  });
});
