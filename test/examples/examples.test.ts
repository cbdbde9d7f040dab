import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  AbortedError,
  AuthenticationError,
  BadRequestError,
  ClosedError,
  NetworkError,
  OverflowError,
  parseCredentials,
  RateLimitError,
  ServiceUnavailableError,
  TimeoutError,
  UnconfirmedError,
  UnexpectedResponseError,
  ValidationError,
  type Credentials,
  type CredentialsInput,
} from 'clevertap-attribution';
import { startEmulator, type ListenOptions, type ListeningEmulator } from 'clevertap-attribution/testing';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import * as manyProjects from '../../examples/many-projects.js';
import * as oneProject from '../../examples/one-project.js';
import * as queueConsumer from '../../examples/queue-consumer.js';
import * as replacePostbackUrl from '../../examples/replace-postback-url.js';
import * as rotation from '../../examples/rotation.js';
import * as settingsForm from '../../examples/settings-form.js';
import { CANARY_PASSCODE, CANARY_TOKEN } from '../support/canary.js';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'examples');
const files = readdirSync(folder).filter((name) => name.endsWith('.ts'));

async function start(options: ListenOptions & { listen?: 'regions' }): Promise<ListeningEmulator> {
  const emulator = await startEmulator({ partners: ['airbridge'], ...options });
  onTestFinished(() => emulator.close());
  return emulator;
}

/** Credentials with canaries for secrets, of the built package's type. */
function account(overrides: Partial<CredentialsInput> = {}): CredentialsInput {
  return { projectId: 'W6W-797-865Z', projectToken: CANARY_TOKEN, projectPasscode: CANARY_PASSCODE, ...overrides };
}

let printed: string[] = [];

beforeEach(() => {
  printed = [];
  for (const method of ['log', 'error'] as const) {
    const spy = vi.spyOn(console, method).mockImplementation((...values: unknown[]) => {
      printed.push(values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join(' '));
    });
    onTestFinished(() => spy.mockRestore());
  }
});

describe('one-project', () => {
  it('sends an install and a custom event', async () => {
    const emulator = await start({ accounts: [oneProject.credentials] });
    await oneProject.main({ baseUrl: emulator.baseUrl });
    const log = emulator.received.map(({ region, eventType, timestamp, params, outcome }) => {
      return { region, eventType, timestamp, params: { ...params }, outcome };
    });
    expect(log).toEqual([
      {
        region: 'in',
        eventType: 'inorganic_install',
        timestamp: '1769833800',
        params: { city: 'Mumbai' },
        outcome: 'recorded',
      },
      {
        region: 'in',
        eventType: 'Add_to_cart',
        timestamp: '1769834100',
        params: { items: 'shoes', price: '12.5' },
        outcome: 'recorded',
      },
    ]);
    expect(printed).toHaveLength(2);
  });

  it('says what is wrong where an event is not delivered', async () => {
    const emulator = await start({ accounts: [] });
    await oneProject.main({ baseUrl: emulator.baseUrl });
    expect(emulator.counts).toMatchObject({ requests: 2, refused: 2 });
    expect(printed[0]).toMatch(/^inorganic_install: authentication: /);
  });
});

describe('many-projects', () => {
  it('sends single events and a backlog, each to its project’s region', async () => {
    const emulator = await start({ accounts: [...manyProjects.customers.values()] });
    await manyProjects.main({ baseUrl: emulator.baseUrl });
    expect(emulator.counts).toMatchObject({
      recorded: 9,
      refused: 0,
      byRegion: { eu: 3, in: 3, us: 3 },
      byProject: { 'PROJECT-1': 3, 'PROJECT-2': 3, 'PROJECT-3': 3 },
    });
    expect(printed).toContain('backlog of PROJECT-GONE: failed (authentication)');
    expect(printed.filter((line) => line.endsWith(': delivered'))).toHaveLength(6);
  });
});

describe('queue-consumer', () => {
  const shop = account();

  it('settles every message as its end calls for', async () => {
    const emulator = await start({ accounts: [shop] });
    emulator.faults.add({ kind: 'status', status: 429, retryAfter: 90, eventType: 'Rate limited' });
    emulator.faults.add({ kind: 'status', status: 503, eventType: 'Unavailable' });
    emulator.faults.add({ kind: 'status', status: 400, eventType: 'Refused' });
    const [sample, ...further] = queueConsumer.sampleMessages();
    if (sample === undefined) throw new Error('there is no sample');
    const stranger = { ...sample, projectId: 'UNKNOWN' };
    const queue = new queueConsumer.InMemoryQueue([sample, ...further, stranger]);
    await queueConsumer.main({
      queue,
      credentials: (projectId) => (projectId === shop.projectId ? shop : undefined),
      baseUrl: emulator.baseUrl,
    });

    const settled = new Map(
      queue.settled.map(({ message: { projectId, event }, disposition }) => [
        `${projectId} ${event.type === 'custom' ? event.name : event.type}`,
        disposition,
      ]),
    );
    expect(settled.get('W6W-797-865Z Checkout')).toEqual({ do: 'acknowledge' });
    expect(settled.get('W6W-797-865Z Rate limited')).toEqual({ do: 'requeue', delayMs: 90_000 });
    const unavailable = settled.get('W6W-797-865Z Unavailable');
    expect(unavailable).toEqual({ do: 'requeue', delayMs: expect.any(Number) as number });
    expect(settled.get('W6W-797-865Z Refused')).toMatchObject({ do: 'park' });
    expect(settled.get('UNKNOWN Checkout')).toMatchObject({ do: 'park' });
    // Once the account has asked to be left alone, the one that may be accepted later is not tried again.
    const { 503: unavailableTries, ...others } = emulator.counts.byStatus;
    expect(others).toEqual({ 200: 1, 400: 1, 429: 1 });
    expect([1, 2]).toContain(unavailableTries);
  });

  it('works with several messages at once, as many as it may', async () => {
    const emulator = await start({ accounts: [shop] });
    const [sample] = queueConsumer.sampleMessages();
    if (sample === undefined) throw new Error('there is no sample');
    const queue = new queueConsumer.InMemoryQueue(Array.from({ length: 40 }, () => sample));
    await queueConsumer.main({ queue, credentials: () => shop, concurrency: 4, baseUrl: emulator.baseUrl });
    expect(queue.settled).toHaveLength(40);
    expect(emulator.counts.recorded).toBe(40);
  });
});

describe('the disposition of a message', () => {
  it.each([
    ['park', new ValidationError('event', [{ path: ['platform'], message: 'is required' }])],
    ['park', new BadRequestError('400', { reason: 'missing_field', field: 'utm_source' })],
    ['requeue', new BadRequestError('400', { reason: 'partner_not_whitelisted' })],
    ['requeue', new AuthenticationError('401')],
    ['park', new UnexpectedResponseError('404')],
    ['requeue', new RateLimitError('429')],
    ['requeue', new ServiceUnavailableError('503')],
    ['requeue', new NetworkError('no answer')],
    ['requeue', new TimeoutError('no answer')],
    ['acknowledge', new UnconfirmedError('200')],
    ['requeue', new AbortedError('aborted')],
    ['requeue', new ClosedError('closed')],
    ['requeue', new OverflowError('full')],
  ])('is to %s it after %s', (disposition, error) => {
    expect(queueConsumer.dispositionOf(error, 0).do).toBe(disposition);
  });

  it('heeds Retry-After, and otherwise waits longer each time, up to an hour', () => {
    const delayAfter = (error: RateLimitError, earlierTries: number) => {
      const disposition = queueConsumer.dispositionOf(error, earlierTries);
      return disposition.do === 'requeue' ? disposition.delayMs : 0;
    };
    expect(delayAfter(new RateLimitError('429', { retryAfterMs: 7_200_000 }), 0)).toBe(7_200_000);
    expect(delayAfter(new RateLimitError('429'), 0)).toBeLessThanOrEqual(10_000);
    expect(delayAfter(new RateLimitError('429'), 3)).toBeGreaterThanOrEqual(40_000);
    expect(delayAfter(new RateLimitError('429'), 1_000)).toBeLessThanOrEqual(3_600_000);
  });
});

describe('settings-form', () => {
  it('sends with what was entered, trimmed and under its region’s code', async () => {
    const shop = account({ region: 'in' });
    const emulator = await start({ accounts: [shop] });
    const form = { ...shop, projectToken: `\u00a0${CANARY_TOKEN} `, region: 'India' };
    await settingsForm.main({ baseUrl: emulator.baseUrl, form });
    expect(emulator.received).toHaveLength(1);
    expect(emulator.received[0]).toMatchObject({ region: 'in', eventType: 'Connected', credentials: 'valid' });
    expect(printed.join('\n')).not.toMatch(new RegExp(`${CANARY_TOKEN}|${CANARY_PASSCODE}`));
  });

  describe('its server', () => {
    const vault = new Map<string, Credentials>();
    let url = '';

    beforeEach(async () => {
      vault.clear();
      const server = settingsForm.createSettingsServer(vault).listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      onTestFinished(() => void server.close());
      const address = server.address();
      url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
    });

    async function post(body: string): Promise<{ status: number; text: string }> {
      const response = await fetch(`${url}/credentials`, { method: 'POST', body });
      return { status: response.status, text: await response.text() };
    }

    it('lists the regions in the order of the drop-down', async () => {
      const listed = (await (await fetch(`${url}/regions`)).json()) as { code: string; preselected: boolean }[];
      expect(listed.map(({ code }) => code)).toEqual(['eu', 'us', 'in', 'sg', 'sk', 'id', 'ae']);
      expect(listed.filter(({ preselected }) => preselected).map(({ code }) => code)).toEqual(['eu']);
    });

    it('has a message for each field that is wrong, and repeats no secret', async () => {
      const form = { ...account({ region: 'moon' }), projectToken: `${CANARY_TOKEN}!`, projectId: '' };
      const { status, text } = await post(JSON.stringify(form));
      expect(status).toBe(422);
      const { errors } = JSON.parse(text) as { errors: Record<string, string> };
      expect(Object.keys(errors).sort()).toEqual(['projectId', 'projectToken', 'region']);
      expect(text).not.toContain('canary');
      expect(vault.size).toBe(0);
    });

    it('stores what is right, and answers without the secrets', async () => {
      const { status, text } = await post(JSON.stringify(account({ region: 'us1' })));
      expect({ status, text: JSON.parse(text) as unknown }).toEqual({
        status: 200,
        text: { saved: { projectId: 'W6W-797-865Z', region: 'us' } },
      });
      expect(vault.get('W6W-797-865Z')?.projectToken.reveal()).toBe(parseCredentials(account()).projectToken.reveal());
    });

    it.each([
      ['no JSON', `{"projectToken": "${CANARY_TOKEN}"`],
      ['too long', JSON.stringify({ ...account(), region: 'x'.repeat(100_000) })],
    ])('refuses a form that is %s', async (_, body) => {
      const { status, text } = await post(body);
      expect(status).toBe(422);
      expect(Object.keys((JSON.parse(text) as { errors: object }).errors)).toEqual(['form']);
      expect(text).not.toContain('canary');
    });
  });
});

describe('rotation', () => {
  it('loses nothing while the passcode changes', async () => {
    const current = account({ projectPasscode: `${CANARY_PASSCODE}-old` });
    const next = account({ projectPasscode: `${CANARY_PASSCODE}-new` });
    const emulator = await start({ accounts: [current, next] });
    let recordedWithOld = 0;
    const deliveries = await rotation.main({
      current,
      next,
      onReplaced: () => {
        recordedWithOld = emulator.counts.recorded;
        emulator.removeAccount(current.projectId, current.projectPasscode);
      },
      baseUrl: emulator.baseUrl,
    });
    expect(deliveries).toHaveLength(100);
    expect(recordedWithOld).toBe(50);
    expect(emulator.counts).toMatchObject({ recorded: 100, refused: 0, byStatus: { 200: 100 } });
    expect(new Set(emulator.received.map(({ params }) => params['number'])).size).toBe(100);
  });
});

describe('replace-postback-url', () => {
  it('sends what the URL says', async () => {
    const url = replacePostbackUrl.postbackUrl;
    const { credentials } = replacePostbackUrl.readPostbackUrl(url);
    const emulator = await start({ accounts: [credentials] });
    await replacePostbackUrl.main({ url, baseUrl: emulator.baseUrl });
    expect(emulator.received).toHaveLength(1);
    const [{ params, ...arrived } = { params: {} }] = emulator.received;
    expect(arrived).toMatchObject({
      region: 'in',
      partnerName: 'airbridge',
      eventType: 'inorganic_install',
      timestamp: '1660717763',
      utmSource: 'utm_google',
      utmMedium: 'gd',
      utmCampaign: 'adir',
      deviceIdentifier: '__android11235',
      accountId: 'W6W-797-865Z',
      platform: 'android',
      credentials: 'valid',
    });
    expect({ ...params }).toEqual({ city: 'Mumbai', android_id: '' });
  });

  it('takes any other event type for a custom event’s name', async () => {
    const url = replacePostbackUrl.postbackUrl.replace('inorganic_install', 'Level%20up');
    expect(replacePostbackUrl.readPostbackUrl(url).event).toMatchObject({ type: 'custom', name: 'Level up' });
    const { credentials } = replacePostbackUrl.readPostbackUrl(url);
    const emulator = await start({ accounts: [credentials] });
    await replacePostbackUrl.main({ url, baseUrl: emulator.baseUrl });
    expect(emulator.received[0]?.eventType).toBe('Level up');
  });
});

describe('the folder of examples', () => {
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');

  it.each(files)('lists %s in its README, with the command to run it', (name) => {
    const command = name.endsWith('.test.ts') ? `npx vitest run examples/${name}` : `npx tsx examples/${name}`;
    expect(readme).toContain(`[\`${name}\`](${name})`);
    expect(readme).toContain(`\`${command}\``);
  });

  it.each(files.filter((name) => !name.endsWith('.test.ts')))(
    'has %s run by itself, against an emulator of its own',
    async (name) => {
      const tsx = join(root, 'node_modules/tsx/dist/cli.mjs');
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [tsx, join(folder, name)], { cwd: root });
      expect(stderr).toBe('');
      expect(stdout).toMatch(/delivered|recorded|acknowledge/);
      expect(stdout).not.toContain('your-passcode');
    },
  );
});
