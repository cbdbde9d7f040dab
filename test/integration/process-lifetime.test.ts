import { describe, expect, it } from 'vitest';
import { canaryEmulator } from '../support/connected-client.js';
import { runScript } from '../support/child-process.js';
import { startSocketServer } from '../support/socket-server.js';

// Each script must end by itself: nothing here calls process.exit.

const prelude = `
  import { AttributionClient } from './src/index.ts';
  import { canaryCredentials } from './test/support/canary.ts';
  import { inorganicInstall } from './test/support/events.ts';
  const client = new AttributionClient({
    partnerName: 'airbridge',
    credentials: canaryCredentials(),
    baseUrl: process.env.BASE_URL,
    retry: { initialDelayMs: 1, maxDelayMs: 2 },
  });
`;

describe('a process', () => {
  it('ends by itself when all events have ended, though nobody closed the client', async () => {
    const emulator = await canaryEmulator();
    emulator.faults.add({ kind: 'status', status: 503, times: 1 });
    const printed = await runScript(
      `${prelude}
      const deliveries = await Promise.all(Array.from({ length: 5 }, () => client.send(inorganicInstall())));
      console.log(deliveries.length);`,
      { BASE_URL: emulator.baseUrl },
    );
    expect(printed).toBe('5');
    expect(emulator.counts.recorded).toBe(5);
  });

  it('stays for an event that waits for its next attempt', async () => {
    const emulator = await canaryEmulator();
    emulator.faults.add({ kind: 'status', status: 503, retryAfter: 1, times: 1 });
    const printed = await runScript(
      `${prelude}
      client.send(inorganicInstall()).then(({ attempts }) => console.log(attempts));`,
      { BASE_URL: emulator.baseUrl },
    );
    expect(printed).toBe('2');
  });

  it('stays for events that wait behind the gate of their region', async () => {
    const emulator = await canaryEmulator();
    // 20 first requests and 100 retries, after which the budget is used up; a few probes more.
    emulator.faults.add({ kind: 'status', status: 503, times: 125 });
    const printed = await runScript(
      `
      import { AttributionClient } from './src/index.ts';
      import { canaryCredentials } from './test/support/canary.ts';
      import { inorganicInstall } from './test/support/events.ts';
      const told = [];
      const client = new AttributionClient({
        partnerName: 'airbridge',
        credentials: canaryCredentials(),
        baseUrl: process.env.BASE_URL,
        retry: { maxAttempts: 1000, initialDelayMs: 50, maxDelayMs: 50 },
        onNotice: ({ type }) => told.push(type),
      });
      (async () => {
        let delivered = 0;
        const source = Array.from({ length: 20 }, () => ({ event: inorganicInstall() }));
        for await (const { status } of client.forward(source)) delivered += status === 'delivered' ? 1 : 0;
        console.log(delivered, told.includes('retries_suspended'), told.includes('retries_resumed'));
      })();`,
      { BASE_URL: emulator.baseUrl },
    );
    expect(printed).toBe('20 true true');
  });

  it('ends by itself after close(), whatever was under way', async () => {
    const emulator = await canaryEmulator();
    emulator.faults.add({ kind: 'status', status: 503, retryAfter: 60, times: 1 });
    emulator.faults.add({ kind: 'hang' });
    const printed = await runScript(
      `${prelude}
      const sends = Array.from({ length: 30 }, () => client.send(inorganicInstall()).catch(({ code }) => code));
      // Ten at once; an eleventh follows when the 503 has sent the first into its pause.
      while (client.counters().attempts < 11) await new Promise(setImmediate);
      const { abandoned } = await client.close({ timeoutMs: 50 });
      console.log(abandoned, new Set(await Promise.all(sends)));`,
      { BASE_URL: emulator.baseUrl },
    );
    expect(printed).toBe("30 Set(1) { 'closed' }");
  });

  it.each([
    ['close()', 'await client.close({ timeoutMs: 50 });', 'closed'],
    ['an abort', 'controller.abort();', 'aborted'],
  ])('ends by itself after %s while a connection was on its way up', async (_, end, code) => {
    const server = await startSocketServer();
    const printed = await runScript(
      `${prelude}
      const controller = new AbortController();
      const failure = client.send(inorganicInstall(), { signal: controller.signal }).catch((error) => error.code);
      const underWay = () => process.getActiveResourcesInfo();
      while (!underWay().includes('TCPSocketWrap') || underWay().includes('TCPConnectWrap')) await new Promise(setImmediate);
      ${end}
      console.log(await failure);`,
      { BASE_URL: server.url.replace('http:', 'https:') },
    );
    expect(printed).toBe(code);
    await expect.poll(() => server.accepted).toBe(1);
  });
});
