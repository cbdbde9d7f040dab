import { describe, expect, it } from 'vitest';
import { canaryCredentials } from '../support/canary.js';
import { collect } from '../support/collect.js';
import { QUICK, watchedClient } from '../support/connected-client.js';
import { customEvent } from '../support/events.js';
import { refusingUrl, startHangUpServer } from '../support/socket-server.js';

const { projectId, projectToken, projectPasscode } = canaryCredentials();
const credentials = { projectId, projectToken, projectPasscode };

/** More than may be in flight, so that each that fails makes room for another at once. */
const EVENTS = 60;

describe.each([
  ['refuses connections', refusingUrl],
  ['hangs up', async () => (await startHangUpServer()).url],
])('a host that %s', (_, urlOf) => {
  it.each([{}, { allowH2: true }, { connections: 1 }, { concurrency: { perProject: 1 } }])(
    'fails each event and no more, with %j',
    async (options) => {
      const { client } = watchedClient({
        credentials,
        baseUrl: await urlOf(),
        retry: { ...QUICK, maxAttempts: 2 },
        ...(options as object),
      });
      const sent = await Promise.allSettled(Array.from({ length: EVENTS }, () => client.send(customEvent())));
      const codes = sent.map((result) =>
        result.status === 'rejected' ? (result.reason as { code: string }).code : '',
      );
      expect(codes).toEqual(Array.from({ length: EVENTS }, () => 'network'));
      expect(client.counters()).toMatchObject({ accepted: EVENTS, failed: EVENTS, inFlight: 0, pending: 0 });
    },
  );

  it('has forward() give out each record once', async () => {
    const { client } = watchedClient({ credentials, baseUrl: await urlOf(), retry: { ...QUICK, maxAttempts: 1 } });
    const source = Array.from({ length: EVENTS }, () => ({ event: customEvent() }));
    const { items } = await collect(client.forward(source));
    expect(items.map(({ status, error }) => [status, error?.code])).toEqual(source.map(() => ['failed', 'network']));
  });
});
