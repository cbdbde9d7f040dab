import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmulator, type ListeningEmulator } from 'clevertap-attribution/testing';
import { expect, it, onTestFinished } from 'vitest';
import { main, type Service, type ServiceOptions } from '../../examples/outbox-service.js';
import { CANARY_PASSCODE, CANARY_TOKEN, canariesIn } from '../support/canary.js';

const account = { projectId: 'SHOP', projectToken: CANARY_TOKEN, projectPasscode: CANARY_PASSCODE, region: 'in' };

async function emulated(): Promise<ListeningEmulator> {
  const emulator = await startEmulator({ accounts: [account], partners: ['airbridge'] });
  onTestFinished(() => emulator.close());
  return emulator;
}

async function workFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'clevertap-attribution-service-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

async function serve(options: Partial<ServiceOptions>): Promise<Service> {
  const path = join(await workFolder(), 'outbox.db');
  const service = await main({ path, credentials: (id) => (id === 'SHOP' ? account : undefined), ...options });
  onTestFinished(async () => {
    service.stop();
    await service.stopped;
  });
  return service;
}

function checkout(id: string) {
  const event = { type: 'custom', name: 'Checkout', deviceIdentifier: '__g1234abc', platform: 'android' };
  return { projectId: 'SHOP', id, event: { ...event, params: { id } } };
}

async function post(url: string, body: unknown) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`${url}/events`, { method: 'POST', body: text });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

it('answers 202 once an event is stored, and forwards it', async () => {
  const emulator = await emulated();
  const { url } = await serve({ baseUrl: emulator.baseUrl });
  const { status, body } = await post(url, checkout('click-1'));
  expect({ status, body }).toEqual({ status: 202, body: { id: 'click-1', duplicate: false } });
  await expect.poll(() => emulator.counts.recorded).toBe(1);
  expect(emulator.received[0]?.params).toMatchObject({ id: 'click-1' });
  expect(await post(url, checkout('click-1'))).toMatchObject({ status: 202, body: { duplicate: true } });
});

it('answers 400 with everything that is wrong, and stores nothing of it', async () => {
  const emulator = await emulated();
  const { url } = await serve({ baseUrl: emulator.baseUrl });
  const { status, body } = await post(url, { projectId: '', event: { ...checkout('a').event, name: '' } });
  expect(status).toBe(400);
  expect(body).toEqual({ errors: [{ path: 'projectId', message: expect.any(String) as string }] });
  expect(await post(url, { projectId: 'SHOP', event: { type: 'organic_install' } })).toMatchObject({
    status: 400,
    body: { errors: [{ path: 'deviceIdentifier' }, { path: 'platform' }, {}, {}, {}] },
  });
  for (const text of ['', '{', 'null', '"text"']) expect(await post(url, text)).toMatchObject({ status: 400 });
  expect(await post(url, { projectId: 'SHOP' })).toMatchObject({ status: 400 });
  expect(await post(url, checkout('x'.repeat(70_000)))).toMatchObject({ status: 413 });
  expect(emulator.counts.requests).toBe(0);
});

it('answers 503 with Retry-After when the outbox is full, and takes events again once there is room', async () => {
  const emulator = await emulated();
  emulator.faults.add({ kind: 'status', status: 503 });
  const { url } = await serve({ baseUrl: emulator.baseUrl, maxEvents: 4 });
  // One project may fill half of it.
  for (const id of ['a', 'b']) expect(await post(url, checkout(id))).toMatchObject({ status: 202 });
  const { status, headers } = await post(url, checkout('c'));
  expect({ status, retryAfter: headers.get('retry-after') }).toEqual({ status: 503, retryAfter: '30' });
  emulator.faults.clear();
  await expect.poll(async () => (await post(url, checkout('c'))).status).toBe(202);
  await expect.poll(() => emulator.counts.recorded).toBe(3);
});

it('on SIGTERM answers what is being posted, lets what is out end, and keeps the rest for the next process', async () => {
  const emulator = await emulated();
  const path = join(await workFolder(), 'outbox.db');
  emulator.faults.add({ kind: 'latency', ms: 300 });
  const child = startProcess({ path, baseUrl: emulator.baseUrl });
  const url = await child.firstLine;
  const ids = Array.from({ length: 100 }, (_, index) => `click-${index}`);
  expect(new Set((await Promise.all(ids.map((id) => post(url, checkout(id))))).map(({ status }) => status))).toEqual(
    new Set([202]),
  );
  await expect.poll(() => emulator.counts.requests).toBeGreaterThan(0);

  // Half of a body is under way when it is told to stop.
  const text = JSON.stringify(checkout('late'));
  const headers = { 'content-length': text.length, expect: '100-continue' };
  const late = request(`${url}/events`, { method: 'POST', headers });
  late.flushHeaders();
  await once(late, 'continue');
  late.write(text.slice(0, 20));
  const answered = once(late, 'response');
  child.process.kill('SIGTERM');
  await expect
    .poll(() =>
      fetch(url).then(
        () => 'open',
        () => 'closed',
      ),
    )
    .toBe('closed');
  late.end(text.slice(20));
  const [response] = (await answered) as [{ statusCode: number }];
  expect(response.statusCode).toBe(202);
  expect(await child.exit).toBe(0);
  expect(emulator.counts.recorded).toBeLessThan(101);

  emulator.faults.clear();
  await serve({ path, baseUrl: emulator.baseUrl });
  await expect.poll(() => emulator.counts.recorded).toBe(101);
  const times = new Map<string, number>();
  for (const { params } of emulator.received)
    times.set(String(params['id']), (times.get(String(params['id'])) ?? 0) + 1);
  expect([...times.keys()].sort()).toEqual([...ids, 'late'].sort());
  expect([...times.values()].every((count) => count === 1)).toBe(true);
  expect(canariesIn(child.output())).toEqual([]);
}, 60_000);

function startProcess(options: Pick<ServiceOptions, 'path' | 'baseUrl'>) {
  const script = `
    import { main } from './examples/outbox-service.ts';
    const account = ${JSON.stringify(account)};
    const { url, stopped } = await main({ ...${JSON.stringify(options)}, credentials: () => account });
    console.log(url);
    console.log(await stopped);
  `;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
    cwd: join(import.meta.dirname, '../..'),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const lines = createInterface(child.stdout);
  return {
    process: child,
    firstLine: once(lines, 'line').then(([line]) => String(line)),
    exit: once(child, 'exit').then(([code]) => code as number | null),
    output: () => output,
  };
}
