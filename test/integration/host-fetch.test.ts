import { describe, expect, it } from 'vitest';
import { canaryEmulator } from '../support/connected-client.js';
import { runScript } from '../support/child-process.js';
import { httpAnswer, startSocketServer } from '../support/socket-server.js';

// undici installs its own global dispatcher when it is loaded and finds none; a host's fetch then runs on that one.

const send = `
  const { canaryCredentials } = await import('./test/support/canary.ts');
  const { inorganicInstall } = await import('./test/support/events.ts');
  const client = new AttributionClient({
    partnerName: 'airbridge',
    credentials: canaryCredentials(),
    baseUrl: process.env.BASE_URL,
  });
  const { confirmed } = await client.send(inorganicInstall());
`;

describe('the global fetch of the host', () => {
  it('keeps its dispatcher through import and first send', async () => {
    const emulator = await canaryEmulator();
    const printed = await runScript(
      `
      const slot = Symbol.for('undici.globalDispatcher.1');
      const untouched = globalThis[slot];
      const { AttributionClient } = await import('./src/index.ts');
      const imported = globalThis[slot];
      void globalThis.Response;
      const own = globalThis[slot];
      ${send}
      console.log(confirmed, untouched === imported, own === globalThis[slot]);`,
      { BASE_URL: emulator.baseUrl },
    );
    expect(printed).toBe('true true true');
  });

  it('is Node’s own where it was first used after the first send', async () => {
    const emulator = await canaryEmulator();
    const host = await startSocketServer((socket) => socket.write(httpAnswer(200, 'fine', { connection: 'close' })));
    const printed = await runScript(
      `
      const { AttributionClient } = await import('./src/index.ts');
      ${send}
      // undici's own dispatcher would not take this from Node's fetch.
      const headers = { 'content-length': '0' };
      const response = await fetch(process.env.HOST_URL, { method: 'POST', body: '', headers });
      const undici = await import('undici');
      const foreign = globalThis[Symbol.for('undici.globalDispatcher.1')] instanceof undici.Agent;
      console.log(confirmed, await response.text(), foreign);`,
      { BASE_URL: emulator.baseUrl, HOST_URL: host.url },
    );
    expect(printed).toBe('true fine false');
  });
});
