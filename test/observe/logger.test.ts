import { Writable } from 'node:stream';
import pino from 'pino';
import { describe, expect, it, vi } from 'vitest';
import winston from 'winston';
import { isLogger, logFunction, type LogEntry } from '../../src/observe/logger.js';
import { noticeFacts } from '../../src/observe/notice-facts.js';
import { winstonStream } from '../support/winston-stream.js';

const fields = noticeFacts({ type: 'retries_suspended', region: 'in', host: 'in1.api.clevertap.com' });
const flat = { type: 'retries_suspended', region: 'in', endpointHost: 'in1.api.clevertap.com' };
const entry: LogEntry = { level: 'warn', message: 'retries suspended', fields };

/** A stream that keeps the lines written to it, parsed. */
function jsonLines() {
  const lines: Record<string, unknown>[] = [];
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(JSON.parse(String(chunk)) as Record<string, unknown>);
      done();
    },
  });
  return { lines, stream };
}

describe('an entry', () => {
  it('reaches pino as message and fields of their own', () => {
    const { lines, stream } = jsonLines();
    logFunction(pino(stream))(entry);
    expect(lines).toMatchObject([{ level: 40, msg: 'retries suspended', ...flat }]);
  });

  it('reaches a child of pino with what that adds', () => {
    const { lines, stream } = jsonLines();
    logFunction(pino(stream).child({ part: 'attribution' }))(entry);
    expect(lines).toMatchObject([{ part: 'attribution', msg: 'retries suspended', ...flat }]);
  });

  it.each(['the logger', 'a child'])('reaches winston as message and fields of their own (%s)', (whose) => {
    const { lines, stream } = jsonLines();
    const root = winston.createLogger({ transports: [winstonStream(stream)] });
    logFunction(whose === 'a child' ? root.child({ part: 'attribution' }) : root)(entry);
    const added = whose === 'a child' ? { part: 'attribution' } : {};
    expect(lines).toEqual([{ level: 'warn', message: 'retries suspended', ...flat, ...added }]);
  });

  it('reaches the console by the method of its level, message first', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    logFunction(console)(entry);
    expect(warn.mock.calls).toEqual([['retries suspended', flat]]);
    warn.mockRestore();
  });

  it('reaches a logger of the kind of bunyan fields first', () => {
    const calls: unknown[][] = [];
    const method = (...args: unknown[]) => calls.push(args);
    const logger = { debug: method, info: method, warn: method, error: method, child: method, addSerializers: method };
    logFunction(logger)(entry);
    expect(calls).toEqual([[flat, 'retries suspended']]);
  });

  it('reaches a function as it is', () => {
    const entries: LogEntry[] = [];
    logFunction((each) => entries.push(each))(entry);
    expect(entries).toEqual([entry]);
  });

  it('finds the logger under a level that was changed later', () => {
    const { lines, stream } = jsonLines();
    const logger = pino({ level: 'error' }, stream);
    const log = logFunction(logger);
    log(entry);
    logger.level = 'warn';
    log(entry);
    expect(lines).toHaveLength(1);
  });
});

describe('a logger', () => {
  it.each([
    ['pino', pino({ level: 'silent' })],
    ['winston', winston.createLogger({ silent: true })],
    ['console', console],
    ['a function', () => undefined],
  ])('can be %s', (_, logger) => {
    expect(isLogger(logger)).toBe(true);
  });

  it('must have a method for each level', () => {
    const syslog = winston.createLogger({ silent: true, levels: winston.config.syslog.levels });
    expect([syslog, { info: () => undefined }, null, undefined, 'console', 1].filter(isLogger)).toEqual([]);
  });
});
