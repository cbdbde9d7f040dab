import { Agent } from 'undici';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ClosedError, NetworkError, ValidationError } from '../../src/errors.js';
import { canaryCredentials } from '../support/canary.js';
import { runScript } from '../support/child-process.js';
import { watchedClient } from '../support/connected-client.js';
import { customEvent } from '../support/events.js';
import { httpAnswer, refusingUrl, startSocketServer } from '../support/socket-server.js';

const SUCCESS = httpAnswer(200, '{"status":"success"}');
const { projectId, projectToken, projectPasscode } = canaryCredentials();
const regionless = { projectId, projectToken, projectPasscode };

describe('warmUp()', () => {
  it('opens connections that the first events then use', async () => {
    const server = await startSocketServer((socket) => socket.write(SUCCESS));
    const { client } = watchedClient({ credentials: regionless, baseUrl: server.url });
    const { host } = new URL(server.url);
    expect(await client.warmUp({ connections: 3 })).toEqual([{ region: 'eu', host, connections: 3, error: undefined }]);
    await vi.waitFor(() => expect(server.accepted).toBe(3));
    expect(server.requests).toEqual([]);
    await Promise.all([1, 2, 3].map(() => client.send(customEvent())));
    expect(server.requests).toHaveLength(3);
    expect(server.accepted).toBe(3);
  });

  it('has as many ready as a project may have in flight, unless told otherwise', async () => {
    const server = await startSocketServer();
    const concurrency = { perProject: 4 };
    const { client } = watchedClient({ credentials: regionless, baseUrl: server.url, concurrency });
    expect(await client.warmUp()).toMatchObject([{ connections: 4 }]);
  });

  it('opens no more than the client may have', async () => {
    const server = await startSocketServer();
    const { client } = watchedClient({ credentials: regionless, baseUrl: server.url, connections: 2 });
    expect(await client.warmUp({ connections: 50 })).toMatchObject([{ connections: 2 }]);
  });

  it('warms the regions that are named', async () => {
    const [india, singapore] = [await startSocketServer(), await startSocketServer()];
    const { client } = watchedClient({ credentials: undefined, baseUrl: { in: india.url, sg: singapore.url } });
    const report = await client.warmUp({ connections: 1, regions: ['in', 'sg'] });
    expect(report.map(({ region: code, connections }) => [code, connections])).toEqual([
      ['in', 1],
      ['sg', 1],
    ]);
  });

  it('reports what could not be opened, and costs no event', async () => {
    const baseUrl = await refusingUrl();
    const { client } = watchedClient({ credentials: regionless, baseUrl });
    const [report] = await client.warmUp({ connections: 2 });
    expect(report).toMatchObject({ connections: 0, error: { code: 'network', host: new URL(baseUrl).host } });
    expect(report?.error).toBeInstanceOf(NetworkError);
    expect(client.counters()).toMatchObject({ accepted: 0, attempts: 0 });
  });

  it('opens another connection for an event where a warm one was closed meanwhile', async () => {
    const server = await startSocketServer((socket) => socket.write(SUCCESS));
    const { client } = watchedClient({ credentials: regionless, baseUrl: server.url });
    await client.warmUp({ connections: 1 });
    await vi.waitFor(() => expect(server.accepted).toBe(1));
    server.hangUp();
    await vi.waitFor(() => expect(server.open).toBe(0));
    expect(await client.send(customEvent())).toMatchObject({ confirmed: true });
    expect(server.accepted).toBe(2);
  });

  it('leaves a caller’s own dispatcher to itself', async () => {
    const dispatcher = new Agent();
    onTestFinished(() => dispatcher.close());
    const { client } = watchedClient({ credentials: canaryCredentials(), dispatcher });
    expect(await client.warmUp()).toMatchObject([{ region: 'eu', connections: 0, error: undefined }]);
  });

  it('closes what it opened with the client', async () => {
    const server = await startSocketServer();
    const { client } = watchedClient({ credentials: regionless, baseUrl: server.url });
    await client.warmUp({ connections: 3 });
    await client.close();
    await vi.waitFor(() => expect(server.open).toBe(0));
    await expect(client.warmUp()).rejects.toBeInstanceOf(ClosedError);
  });

  it('keeps no process alive', async () => {
    const server = await startSocketServer();
    const script = `
      import { AttributionClient } from './src/index.ts';
      const client = new AttributionClient({ partnerName: 'airbridge', credentials: ${JSON.stringify(regionless)}, baseUrl: '${server.url}' });
      const [{ connections }] = await client.warmUp({ connections: 2 });
      console.log(connections);
    `;
    expect(await runScript(script)).toBe('2');
  });

  it.each([
    [{ connections: 0 }, /connections: must be a whole number/],
    [{ regions: ['xx'] }, /regions/],
    [{ region: 'in' }, /region/],
  ])('takes no %j', async (options, message) => {
    const { client } = watchedClient();
    await expect(client.warmUp(options as never)).rejects.toThrow(message);
  });

  it('asks for regions where there is no default project', async () => {
    const { client } = watchedClient({ credentials: undefined });
    await expect(client.warmUp()).rejects.toThrow(ValidationError);
    await expect(client.warmUp()).rejects.toThrow(/regions: are required/);
  });
});

describe('keepAliveTimeoutMs', () => {
  it('closes a connection that has been idle for so long', async () => {
    const server = await startSocketServer((socket) => socket.write(SUCCESS));
    const { client } = watchedClient({ credentials: regionless, baseUrl: server.url, keepAliveTimeoutMs: 200 });
    await client.send(customEvent());
    await vi.waitFor(() => expect(server.open).toBe(0), { timeout: 10_000 });
  });
});
