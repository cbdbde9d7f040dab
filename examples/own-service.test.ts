/** Tests of a service of your own against the emulator, with vitest; any other test runner will do. */
import { AttributionClient, isAttributionError, type AttributionEvent, type Notice } from 'clevertap-attribution';
import { startEmulator, type ListeningEmulator } from 'clevertap-attribution/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const credentials = {
  projectId: 'W6W-797-865Z',
  projectToken: 'aca-060',
  projectPasscode: 'your-passcode',
  region: 'in',
};

/** Stands for your service: it reports installs, and remembers which customers have to look after their credentials. */
class InstallReporter {
  readonly customersToTell = new Set<string>();
  readonly forLater: AttributionEvent[] = [];

  constructor(private readonly client: AttributionClient) {}

  async report(event: AttributionEvent): Promise<void> {
    try {
      await this.client.send(event);
    } catch (error) {
      if (!isAttributionError(error)) throw error;
      if (error.code === 'authentication' && error.projectId !== undefined) this.customersToTell.add(error.projectId);
      if (error.code === 'authentication' || error.retryable) this.forLater.push(event);
    }
  }
}

const install: AttributionEvent = {
  type: 'inorganic_install',
  deviceIdentifier: '__g1234abc',
  platform: 'android',
  utmSource: 'google',
  utmMedium: 'cpc',
  utmCampaign: 'summer-sale',
  timestamp: 1_767_225_600,
};

let emulator: ListeningEmulator;
let client: AttributionClient;
let reporter: InstallReporter;
const notices: Notice[] = [];

beforeEach(async () => {
  emulator = await startEmulator({ accounts: [credentials], partners: ['airbridge'] });
  client = new AttributionClient({
    partnerName: 'airbridge',
    credentials,
    baseUrl: emulator.baseUrl,
    // The delays of the real thing would only make the tests slow.
    retry: { initialDelayMs: 1 },
    timeoutMs: 500,
    onNotice: (notice) => notices.push(notice),
  });
  reporter = new InstallReporter(client);
  notices.length = 0;
});

afterEach(async () => {
  await client.close();
  await emulator.close();
});

describe('the install reporter', () => {
  it('reports an install', async () => {
    await reporter.report(install);

    // The log holds everything that arrived but for the token and the passcode; `credentials` says if they were right.
    expect(emulator.received).toHaveLength(1);
    expect(emulator.received[0]).toMatchObject({
      region: 'in',
      eventType: 'inorganic_install',
      utmCampaign: 'summer-sale',
      timestamp: '1767225600',
      credentials: 'valid',
      outcome: 'recorded',
    });
  });

  it('gets through a short outage', async () => {
    emulator.faults.add({ kind: 'status', status: 503, times: 2 });
    await reporter.report(install);

    expect(emulator.counts.byStatus).toEqual({ 200: 1, 503: 2 });
    expect(reporter.forLater).toEqual([]);
  });

  it('keeps the event in a long outage', async () => {
    emulator.faults.add({ kind: 'status', status: 503 });
    await reporter.report(install);

    expect(emulator.counts.recorded).toBe(0);
    expect(reporter.forLater).toEqual([install]);
  });

  it('survives an answer that never comes', async () => {
    emulator.faults.add({ kind: 'hang', recorded: true, times: 1 });
    await reporter.report(install);

    // Nobody can tell whether the first request was recorded, so the delivery says that it may be there twice.
    expect(emulator.counts.recorded).toBe(2);
    expect(notices.find(({ type }) => type === 'delivered')).toMatchObject({ attempts: 2, maybeDuplicate: true });
  });

  it('tells the customer whose passcode is no longer valid, and loses nothing', async () => {
    emulator.setAccounts([{ ...credentials, projectPasscode: 'another-passcode' }]);
    await reporter.report(install);

    expect([...reporter.customersToTell]).toEqual(['W6W-797-865Z']);
    expect(reporter.forLater).toEqual([install]);
    expect(emulator.received[0]).toMatchObject({ credentials: 'invalid', outcome: 'refused' });
  });
});
