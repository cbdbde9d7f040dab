import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Writable } from 'node:stream';
import pino from 'pino';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import winston from 'winston';
import { NOTICE_CHANNELS } from '../../src/observe/notice-channels.js';
import type { Logger } from '../../src/observe/logger.js';
import type { ClientOptions } from '../../src/options.js';
import { CANARY_PASSCODE, CANARY_TOKEN } from '../support/canary.js';
import { connectedClient } from '../support/connected-client.js';
import { customEvent } from '../support/events.js';
import { winstonStream } from '../support/winston-stream.js';
import { expectNothingSecretIn, failureOf } from '../support/failure-of.js';

/** What a server says that knows the request and means harm. */
const HARMFUL = `no\r\n{"level":60,"msg":"forged"}\u001b[31m account_token=${CANARY_TOKEN}&account_passcode=${CANARY_PASSCODE}`;

/** Sends an event that is retried and delivered, one that is refused, one whose connections break, and one that is aborted. */
async function sendThroughTrouble(options: Partial<ClientOptions>): Promise<void> {
  const { client, emulator } = await connectedClient(options);
  emulator.faults.add({ kind: 'status', status: 503, body: HARMFUL, times: 1 });
  await client.send(customEvent());
  emulator.faults.add({
    kind: 'status',
    status: 400,
    body: JSON.stringify({ status: 'fail', error: HARMFUL }),
    times: 1,
  });
  await failureOf(client.send(customEvent()));
  emulator.faults.add({ kind: 'reset_before', times: 3 });
  await failureOf(client.send(customEvent(), { deadlineMs: 30_000 }));
  emulator.faults.add({ kind: 'hang', times: 1 });
  await failureOf(client.send(customEvent(), { signal: AbortSignal.timeout(100) }));
}

const TYPES = ['attempt', 'retry', 'attempt', 'delivered', 'attempt', 'failed'];

function lines() {
  const written: string[] = [];
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      written.push(String(chunk));
      done();
    },
  });
  return { written, stream };
}

describe('a log', () => {
  it('of pino has an entry for each notice, on one line, without a secret', async () => {
    const { written, stream } = lines();
    await sendThroughTrouble({ logger: pino({ level: 'debug' }, stream), retry: { maxAttempts: 3 } });
    expect(written.filter((line) => line.trim().includes('\n'))).toEqual([]);
    const entries = written.map((line) => JSON.parse(line) as { type: string; msg: string; level: number });
    expect(entries.slice(0, 6).map(({ type }) => type)).toEqual(TYPES);
    expect(entries.filter(({ msg, level }) => msg === 'forged' || level === 60)).toEqual([]);
    const refused = entries.find(({ type }) => type === 'failed');
    expect(refused).toMatchObject({ level: 50, code: 'bad_request', httpStatus: 400, attempts: 1 });
    expectNothingSecretIn(written.join(''));
  });

  it('of winston has none either, in the format that prints messages as they are', async () => {
    const { written, stream } = lines();
    const { combine, splat, simple } = winston.format;
    const logger = winston.createLogger({
      level: 'debug',
      format: combine(splat(), simple()),
      transports: [winstonStream(stream)],
    });
    await sendThroughTrouble({ logger, retry: { maxAttempts: 3 } });
    expect(written.filter((line) => line.trim().includes('\n') || line.includes('\u001b'))).toEqual([]);
    expect(written.join('')).toContain('attribution event failed {"');
    expectNothingSecretIn(written.join(''));
  });

  it('on the console has none either', async () => {
    const printed: unknown[] = [];
    const spies = (['debug', 'info', 'warn', 'error'] as const).map((method) =>
      vi.spyOn(console, method).mockImplementation((...values: unknown[]) => void printed.push([method, ...values])),
    );
    await sendThroughTrouble({ logger: console, retry: { maxAttempts: 3 } });
    for (const spy of spies) spy.mockRestore();
    expect(printed.slice(0, 2)).toMatchObject([
      ['info', 'attribution attempt failed, another will follow', { type: 'retry' }],
      ['error', 'attribution event failed', { type: 'failed' }],
    ]);
    expectNothingSecretIn(printed);
  });

  it('of a function gets entries', async () => {
    const entries: unknown[] = [];
    const logger: Logger = (entry) => entries.push(entry);
    await sendThroughTrouble({ logger, logLevel: 'debug', retry: { maxAttempts: 3 } });
    expect(entries.slice(0, 6)).toMatchObject(TYPES.map((type) => ({ fields: { type, projectId: 'TEST-111-222Z' } })));
    expectNothingSecretIn(entries);
  });
});

describe('the diagnostics channels', () => {
  it('tell of a client’s events without a secret', async () => {
    const messages: { type: string }[] = [];
    const listener = (message: unknown) => void messages.push(message as { type: string });
    for (const name of Object.values(NOTICE_CHANNELS)) subscribe(name, listener);
    onTestFinished(() => {
      for (const name of Object.values(NOTICE_CHANNELS)) unsubscribe(name, listener);
    });
    await sendThroughTrouble({ retry: { maxAttempts: 3 } });
    expect(messages.slice(0, 6).map(({ type }) => type)).toEqual(TYPES);
    expectNothingSecretIn(messages);
    expect(JSON.stringify(messages)).not.toMatch(/\\n|\\r|\\u001b(?!\[31m)/);
  });
});
