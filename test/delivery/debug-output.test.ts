import { execFile } from 'node:child_process';
import { debuglog, promisify } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Agent } from 'undici';
import { warnOfDebugOutput } from '../../src/delivery/debug-output.js';
import { DispatcherTransport } from '../../src/delivery/dispatcher-transport.js';
import { UndiciTransport } from '../../src/delivery/undici-transport.js';
import { canariesIn, canaryCredentials } from '../support/canary.js';
import { httpAnswer, startSocketServer } from '../support/socket-server.js';

vi.mock('node:util', { spy: true });

const root = new URL('../..', import.meta.url);

/** What a process that sends one event prints to standard error. */
async function printedWith(debug: string, dispatcher: string): Promise<string> {
  const server = await startSocketServer((socket) => socket.write(httpAnswer(200, '{"status":"success"}')));
  const script = `
    const { AttributionClient } = await import('./src/index.ts');
    const { organicInstall } = await import('./test/support/events.ts');
    const { Agent } = await import('undici');
    const credentials = JSON.parse(process.env.CREDENTIALS);
    const client = new AttributionClient({ partnerName: 'airbridge', credentials, baseUrl: process.env.BASE_URL, ${dispatcher} });
    await client.send(organicInstall());
    await client.close();`;
  const { stderr } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', script],
    {
      cwd: root,
      timeout: 15_000,
      env: {
        ...process.env,
        NODE_DEBUG: debug,
        BASE_URL: server.url,
        CREDENTIALS: JSON.stringify(canaryCredentials()),
      },
    },
  );
  return stderr;
}

const WARNING = 'prints the URL of every request to standard error, with the token and passcode in it';

describe('NODE_DEBUG', () => {
  it.each(['', 'dispatcher: new Agent()'])('that has undici print our URLs is warned of (%s)', async (dispatcher) => {
    const printed = await printedWith('undici', dispatcher);
    expect(printed).toContain(`ClevertapAttributionWarning: NODE_DEBUG=undici ${WARNING}`);
    // What the warning is for; were it no longer so, the warning could go.
    expect(canariesIn(printed).length).toBeGreaterThan(0);
  });

  it('that has everything else of Node print is not, and shows none', async () => {
    const printed = await printedWith('http,https,net,tls,stream,dns,timer', '');
    expect(printed).not.toContain(WARNING);
    expect(canariesIn(printed)).toEqual([]);
  });
});

describe('warnOfDebugOutput', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** What is warned of where the debug output of these modules is on; by default, when it is looked for. */
  function warningsWith(modules: readonly string[], work: () => unknown = warnOfDebugOutput): unknown[][] {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockReturnValue();
    // Node reads NODE_DEBUG when it starts, so it cannot be set here.
    vi.mocked(debuglog).mockImplementation((name) => Object.assign(() => {}, { enabled: modules.includes(name) }));
    work();
    return emitWarning.mock.calls;
  }

  it.each(['undici', 'fetch', 'websocket'])('warns of %s, each of which has undici print URLs', (name) => {
    expect(warningsWith([name])).toEqual([[`NODE_DEBUG=${name} ${WARNING}`, 'ClevertapAttributionWarning']]);
  });

  it('warns once of several', () => {
    expect(warningsWith(['fetch', 'undici'])).toEqual([
      [`NODE_DEBUG=undici,fetch ${WARNING}`, 'ClevertapAttributionWarning'],
    ]);
  });

  it.each([
    ['undici', () => new UndiciTransport({ method: 'GET', connections: 1, keepAliveTimeoutMs: 1000, allowH2: false })],
    ['a dispatcher', () => new DispatcherTransport(new Agent(), 'GET')],
  ])('is called where requests are to go over %s', (_, create) => {
    expect(warningsWith(['undici'], create)).toHaveLength(1);
  });

  it('warns of nothing where none of them is on', () => {
    expect(warningsWith(['http', 'net'])).toEqual([]);
  });
});
