import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Deadlines } from '../../src/delivery/deadlines.js';
import { HttpExchange, MAX_BODY_BYTES } from '../../src/delivery/exchange.js';
import type { AttemptOutcome } from '../../src/delivery/outcome.js';

function begin(timeoutMs = 1000) {
  const outcomes: AttemptOutcome[] = [];
  const released: boolean[] = [];
  const deadlines = new Deadlines<HttpExchange>();
  const exchange = new HttpExchange(
    { path: '/attribution' },
    timeoutMs,
    { onOutcome: (outcome) => outcomes.push(outcome) },
    deadlines,
    { release: (_exchange, reusable) => released.push(reusable) },
  );
  exchange.begin();
  return { exchange, outcomes, released, deadlines, abort: vi.fn() };
}

/** Headers as undici reads them: names and values by turns, as bytes. */
function headers(...texts: string[]): Buffer[] {
  return texts.map((text) => Buffer.from(text, 'latin1'));
}

function failure(code?: string): Error & { code?: string } {
  return Object.assign(new Error('it broke'), code === undefined ? {} : { code });
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('the listener', () => {
  it('is told in its caller’s context, where it has one', () => {
    const told: string[] = [];
    const listener = {
      onOutcome: () => told.push('outcome'),
      caller: (work: () => void) => {
        told.push('enter');
        work();
        told.push('leave');
      },
    };
    const owner = { release: () => undefined };
    const exchange = new HttpExchange({}, 1000, listener, new Deadlines<HttpExchange>(), owner);
    exchange.begin();
    exchange.onConnect(vi.fn());
    exchange.onHeaders(200, []);
    exchange.onComplete();
    expect(told).toEqual(['enter', 'outcome', 'leave']);
  });
});

describe('an answer', () => {
  it('is complete at its end, and gives the connection back', () => {
    const { exchange, outcomes, released, deadlines, abort } = begin();
    exchange.onConnect(abort);
    exchange.onHeaders(200, headers('content-type', 'application/json'));
    exchange.onData(Buffer.from('{"status":'));
    exchange.onData(Buffer.from('"success"}'));
    expect([outcomes, exchange.over]).toEqual([[], false]);
    exchange.onComplete();
    expect(outcomes).toEqual([{ kind: 'answer', status: 200, retryAfter: undefined, body: '{"status":"success"}' }]);
    expect([released, deadlines.size, exchange.over]).toEqual([[true], 0, true]);
    expect(abort).not.toHaveBeenCalled();
  });

  it('may have no body', () => {
    const { exchange, outcomes, abort } = begin();
    exchange.onConnect(abort);
    exchange.onHeaders(204, []);
    exchange.onComplete();
    expect(outcomes).toEqual([{ kind: 'answer', status: 204, retryAfter: undefined, body: '' }]);
  });

  it('has its text put together before it is decoded', () => {
    const { exchange, outcomes, abort } = begin();
    exchange.onConnect(abort);
    exchange.onHeaders(400, []);
    for (const byte of Buffer.from('é “ü”')) exchange.onData(Buffer.from([byte]));
    exchange.onComplete();
    expect(outcomes).toMatchObject([{ body: 'é “ü”' }]);
  });

  it.each(['retry-after', 'Retry-After', 'RETRY-AFTER'])('has its %s header kept', (name) => {
    for (const status of [200, 429]) {
      const { exchange, outcomes, abort } = begin();
      exchange.onConnect(abort);
      exchange.onHeaders(status, headers('server', 'x', name, '120', 'date', 'today'));
      exchange.onComplete();
      expect(outcomes).toMatchObject([{ status, retryAfter: '120' }]);
    }
  });

  it('is not taken for one that comes before it', () => {
    const { exchange, outcomes, abort } = begin();
    exchange.onConnect(abort);
    exchange.onHeaders(103, headers('retry-after', '5'));
    exchange.onHeaders(200, []);
    exchange.onComplete();
    expect(outcomes).toMatchObject([{ status: 200, retryAfter: undefined }]);
  });

  it('is cut off where nobody reads on, and its connection is given up', () => {
    const { exchange, outcomes, released, abort } = begin();
    exchange.onConnect(abort);
    exchange.onHeaders(200, []);
    const chunk = Buffer.alloc(10_000, 'x');
    let sent = 0;
    for (; outcomes.length === 0; sent += chunk.length) exchange.onData(chunk);
    expect(sent).toBeLessThan(MAX_BODY_BYTES + chunk.length);
    expect(outcomes).toEqual([
      { kind: 'answer', status: 200, retryAfter: undefined, body: 'x'.repeat(MAX_BODY_BYTES) },
    ]);
    expect([released, abort.mock.calls.length]).toEqual([[false], 1]);
    // What undici still says about it is nobody's business.
    exchange.onData(chunk);
    exchange.onError(failure());
    exchange.onComplete();
    expect([outcomes.length, released.length]).toEqual([1, 1]);
  });

  it('to a switch of protocols that nobody asked for is the end of the connection', () => {
    const { exchange, outcomes, released, abort } = begin();
    const socket = { destroy: vi.fn() };
    exchange.onConnect(abort);
    exchange.onUpgrade(101, null, socket);
    expect(socket.destroy).toHaveBeenCalledTimes(1);
    expect(outcomes).toEqual([{ kind: 'answer', status: 101, retryAfter: undefined, body: '' }]);
    expect(released).toEqual([false]);
  });
});

describe('an error', () => {
  it('before anything was written is no reset, whatever its code', () => {
    for (const code of ['ECONNREFUSED', 'ECONNRESET', undefined]) {
      const { exchange, outcomes, released } = begin();
      exchange.onError(failure(code));
      expect(outcomes).toEqual([
        { kind: 'no_answer', reason: 'network', written: false, reset: false, message: 'it broke', code },
      ]);
      expect(released).toEqual([false]);
    }
  });

  it.each([
    ['ECONNRESET', true],
    ['EPIPE', true],
    ['UND_ERR_SOCKET', true],
    ['HPE_INVALID_CONSTANT', false],
    [undefined, false],
  ])('afterwards is a reset only with code %s (%s)', (code, reset) => {
    const { exchange, outcomes, abort } = begin();
    exchange.onConnect(abort);
    exchange.onError(failure(code));
    expect(outcomes).toMatchObject([{ reason: 'network', written: true, reset, code }]);
  });

  it('in the middle of an answer leaves nothing of it', () => {
    const { exchange, outcomes, abort } = begin();
    exchange.onConnect(abort);
    exchange.onHeaders(200, []);
    exchange.onData(Buffer.from('{"status":"success"}'));
    exchange.onError(failure('UND_ERR_SOCKET'));
    expect(outcomes).toMatchObject([{ kind: 'no_answer', written: true }]);
  });
});

describe('the time of an attempt', () => {
  it('is over without a connection: network trouble, since nothing was written', () => {
    const { exchange, outcomes, released } = begin(1000);
    vi.advanceTimersByTime(999);
    expect(outcomes).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(outcomes).toMatchObject([
      {
        reason: 'network',
        written: false,
        message: 'no connection could be established within 1000 ms',
      },
    ]);
    expect([released, exchange.over]).toEqual([[false], true]);
  });

  it('is over without an answer: a time-out, and the request is aborted', () => {
    const { exchange, outcomes, released, abort } = begin(1000);
    vi.advanceTimersByTime(600);
    exchange.onConnect(abort);
    vi.advanceTimersByTime(400);
    expect(outcomes).toMatchObject([
      { reason: 'timeout', written: true, message: 'no complete answer within 1000 ms' },
    ]);
    expect([released, abort.mock.calls.length]).toEqual([[false], 1]);
  });

  it('goes on through headers and body', () => {
    const { exchange, outcomes, abort } = begin(1000);
    exchange.onConnect(abort);
    vi.advanceTimersByTime(500);
    exchange.onHeaders(200, []);
    vi.advanceTimersByTime(400);
    exchange.onData(Buffer.from('{'));
    vi.advanceTimersByTime(100);
    expect(outcomes).toMatchObject([{ reason: 'timeout', written: true }]);
  });

  it('does not run after the end', () => {
    const { exchange, outcomes, abort } = begin(1000);
    exchange.onConnect(abort);
    exchange.onHeaders(200, []);
    exchange.onComplete();
    vi.advanceTimersByTime(10_000);
    expect(outcomes).toHaveLength(1);
  });
});

describe('giving it up', () => {
  it('before it was written says so, and has it aborted when it would be written after all', () => {
    const { exchange, outcomes, released, deadlines, abort } = begin();
    expect(exchange.cancel()).toBe(false);
    expect([released, deadlines.size]).toEqual([[false], 0]);
    exchange.onConnect(abort);
    expect(abort).toHaveBeenCalledTimes(1);
    exchange.onError(failure('UND_ERR_ABORTED'));
    expect(outcomes).toEqual([]);
  });

  it('after it was written says so, and aborts it', () => {
    const { exchange, outcomes, abort } = begin();
    exchange.onConnect(abort);
    expect(exchange.cancel()).toBe(true);
    expect(abort).toHaveBeenCalledTimes(1);
    exchange.onHeaders(200, []);
    exchange.onComplete();
    vi.advanceTimersByTime(10_000);
    expect(outcomes).toEqual([]);
  });

  it('after the end changes nothing', () => {
    const { exchange, outcomes, released, abort } = begin();
    exchange.onConnect(abort);
    exchange.onHeaders(200, []);
    exchange.onComplete();
    exchange.cancel();
    expect([outcomes.length, released.length, abort.mock.calls.length]).toEqual([1, 1, 0]);
  });
});

describe('what undici hands over', () => {
  it('is always taken, so that it reads on', () => {
    const { exchange, abort } = begin();
    exchange.onConnect(abort);
    const read = [exchange.onHeaders(103, []), exchange.onHeaders(200, []), exchange.onData(Buffer.from('{'))];
    expect(read).toEqual([true, true, true]);
  });

  it('may hold headers as long as Retry-After, which are none', () => {
    const { exchange, outcomes, abort } = begin();
    exchange.onConnect(abort);
    exchange.onHeaders(503, headers('content-md5', 'abc', 'retry-after', '7'));
    exchange.onComplete();
    expect(outcomes).toMatchObject([{ retryAfter: '7' }]);
  });

  it('is the whole answer once it has reached the bound', () => {
    const { exchange, outcomes, abort } = begin();
    exchange.onConnect(abort);
    exchange.onHeaders(200, []);
    exchange.onData(Buffer.alloc(MAX_BODY_BYTES - 1, 'x'));
    expect(outcomes).toEqual([]);
    exchange.onData(Buffer.from('x'));
    expect(outcomes).toMatchObject([{ kind: 'answer', body: 'x'.repeat(MAX_BODY_BYTES) }]);
  });

  it('may be a switch of protocols after the end, which ends nothing twice', () => {
    const { exchange, outcomes, released } = begin();
    const socket = { destroy: vi.fn() };
    exchange.cancel();
    exchange.onUpgrade(101, null, socket);
    expect([outcomes, released, socket.destroy.mock.calls.length]).toEqual([[], [false], 1]);
  });

  it('is nothing in time: no answer, and no break of a connection', () => {
    const { exchange, outcomes, abort } = begin(1000);
    exchange.onConnect(abort);
    vi.advanceTimersByTime(1000);
    expect(outcomes).toMatchObject([{ kind: 'no_answer', reset: false, code: undefined }]);
  });
});

it('lets go of the request with its credentials at the end', () => {
  const { exchange, abort } = begin();
  expect(exchange.request).toBeDefined();
  exchange.onConnect(abort);
  exchange.cancel();
  expect(exchange.request).toBeUndefined();
});
