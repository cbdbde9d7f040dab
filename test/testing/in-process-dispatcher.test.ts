import { Readable } from 'node:stream';
import { fetch, interceptors, request, type Dispatcher } from 'undici';
import { describe, expect, it } from 'vitest';
import { createEmulator, type Fault } from '../../src/testing/index.js';
import { canaryCredentials } from '../support/canary.js';
import { target } from './document-samples.js';

const ORIGIN = 'https://in1.api.clevertap.com';
const URL = `${ORIGIN}${target()}`;

function setUp(...faults: Fault[]) {
  const emulator = createEmulator({ accounts: [canaryCredentials({ region: 'in' })] });
  for (const fault of faults) emulator.faults.add(fault);
  return { emulator, dispatcher: emulator.dispatcher() };
}

type Calls = { calls: string[]; done: Promise<void>; handler: Dispatcher.DispatchHandler };

/** A handler of undici 7's kind that writes down its calls; `on` may act on one of them. */
function modern(on: (call: string, controller: Dispatcher.DispatchController) => void = () => undefined): Calls {
  const calls: string[] = [];
  let finish: () => void = () => undefined;
  const done = new Promise<void>((resolve) => (finish = resolve));
  const note = (call: string, controller: Dispatcher.DispatchController) => {
    calls.push(call);
    on(call, controller);
  };
  const handler: Dispatcher.DispatchHandler = {
    onRequestStart: (controller) => note('start', controller),
    onResponseStart: (controller, status, headers) =>
      note(`head ${status} ${String(headers['content-type'])}`, controller),
    onResponseData: (controller, chunk) => note(`data ${chunk.toString()}`, controller),
    onResponseEnd: (controller) => {
      note('end', controller);
      finish();
    },
    onResponseError: (controller, error) => {
      note(`error ${(error as NodeJS.ErrnoException).code ?? error.message}`, controller);
      finish();
    },
  };
  return { calls, done, handler };
}

/* eslint-disable @typescript-eslint/no-deprecated -- the older kind of handler is what is tested */
/** The same of the older kind. */
function legacy(on: (call: string) => boolean | undefined = () => undefined) {
  const calls: string[] = [];
  let abort: (error?: Error) => void = () => undefined;
  let resume: () => void = () => undefined;
  let finish: () => void = () => undefined;
  const done = new Promise<void>((resolve) => (finish = resolve));
  const note = (call: string) => {
    calls.push(call);
    return on(call) ?? true;
  };
  const handler: Dispatcher.DispatchHandler = {
    onConnect: (given) => {
      abort = given;
      note('connect');
    },
    onHeaders: (status, raw, given, text) => {
      resume = given;
      return note(`headers ${status} ${raw.map(String).join(',')} ${text}`);
    },
    onData: (chunk) => note(`data ${chunk.toString()}`),
    onComplete: () => {
      note('complete');
      finish();
    },
    onError: (error) => {
      note(`error ${(error as NodeJS.ErrnoException).code ?? error.message}`);
      finish();
    },
  };
  return { calls, done, handler, abort: (error?: Error) => abort(error), resume: () => resume() };
}

/* eslint-enable @typescript-eslint/no-deprecated */

function options(changes: Partial<Dispatcher.DispatchOptions> = {}): Dispatcher.DispatchOptions {
  return { origin: ORIGIN, path: target(), method: 'GET', ...changes };
}

describe('as the dispatcher of undici', () => {
  it('answers request()', async () => {
    const { emulator, dispatcher } = setUp();
    const { statusCode, headers, body } = await request(URL, { dispatcher });
    expect([statusCode, headers['content-type'], await body.text()]).toEqual([
      200,
      'application/json',
      '{"status":"success"}',
    ]);
    expect(emulator.received).toMatchObject([{ region: 'in', method: 'GET', outcome: 'recorded' }]);
  });

  it('answers fetch(), undici’s and the global one', async () => {
    const { dispatcher } = setUp();
    const response = await fetch(URL, { dispatcher });
    expect([response.status, await response.json()]).toEqual([200, { status: 'success' }]);
    const init = { dispatcher } as unknown as RequestInit;
    expect(await (await globalThis.fetch(URL, init)).json()).toEqual({ status: 'success' });
  });

  it('checks the region of the host', async () => {
    const { dispatcher } = setUp();
    const { statusCode, body } = await request(`https://us1.api.clevertap.com${target()}`, { dispatcher });
    expect([statusCode, await body.json()]).toEqual([
      401,
      { status: 'fail', error: 'Invalid Account Info', code: 401 },
    ]);
  });

  it('takes a query apart from the path, and the body of a POST', async () => {
    const { emulator, dispatcher } = setUp();
    const query = Object.fromEntries(new URLSearchParams(target().split('?')[1]));
    const body = Readable.from(['some ', 'body']);
    const answer = await request(`${ORIGIN}/attribution`, { dispatcher, method: 'POST', query, body });
    await answer.body.dump();
    expect(answer.statusCode).toBe(200);
    expect(emulator.received).toMatchObject([{ method: 'POST', deviceIdentifier: '__android11235' }]);
  });

  it('sends nothing for a signal that has aborted', async () => {
    const { emulator, dispatcher } = setUp();
    const pending = request(URL, { dispatcher, signal: AbortSignal.abort(new Error('too late')) });
    await expect(pending).rejects.toThrow('too late');
    expect(emulator.counts.requests).toBe(0);
  });

  it('ends a hanging request() when its signal aborts', async () => {
    const { dispatcher } = setUp({ kind: 'hang' });
    const abort = new AbortController();
    const pending = request(URL, { dispatcher, signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(pending).rejects.toThrow('enough');
  });

  it('works behind interceptors', async () => {
    const { emulator, dispatcher } = setUp({ kind: 'status', status: 503, times: 2 });
    const retrying = dispatcher.compose(interceptors.retry({ minTimeout: 1, maxRetries: 3 }));
    const { statusCode, body } = await request(URL, { dispatcher: retrying });
    expect([statusCode, await body.text()]).toEqual([200, '{"status":"success"}']);
    expect(emulator.counts.requests).toBe(3);
    await retrying.close();
    await expect(request(URL, { dispatcher })).rejects.toMatchObject({ code: 'UND_ERR_CLOSED' });
  });

  it('says what to call instead of what needs undici itself', () => {
    const { dispatcher } = setUp();
    expect(() => dispatcher.request({ origin: ORIGIN, path: '/', method: 'GET' })).toThrow(
      'use undici.request(url, { dispatcher })',
    );
  });
});

describe('with a handler of undici 7', () => {
  it('calls it in order, the answer not before dispatch() has returned', async () => {
    const { dispatcher } = setUp();
    const { calls, done, handler } = modern();
    expect(dispatcher.dispatch(options(), handler)).toBe(true);
    expect(calls).toEqual(['start']);
    await done;
    expect(calls).toEqual(['start', 'head 200 application/json', 'data {"status":"success"}', 'end']);
  });

  it.each<[Fault, string[]]>([
    [{ kind: 'empty_200' }, ['start', 'head 200 undefined', 'end']],
    [{ kind: 'broken_body' }, ['start', 'head 200 application/json', 'data {"status":', 'error UND_ERR_SOCKET']],
    [{ kind: 'reset_after' }, ['start', 'error ECONNRESET']],
    [{ kind: 'garbage' }, ['start', 'error HPE_INVALID_CONSTANT']],
    [{ kind: 'oversized_body', bytes: 3 }, ['start', 'head 200 text/plain', 'data xxx', 'end']],
    [{ kind: 'latency', ms: 5 }, ['start', 'head 200 application/json', 'data {"status":"success"}', 'end']],
    // Never started: nothing of the request was written, as on a connection that is reset at once.
    [{ kind: 'reset_before' }, ['error ECONNRESET']],
    [{ kind: 'reset_before', projectId: 'TEST-111-222Z' }, ['start', 'error ECONNRESET']],
  ])('%j', async (fault, expected) => {
    const { emulator, dispatcher } = setUp(fault);
    const { calls, done, handler } = modern();
    dispatcher.dispatch(options(), handler);
    await done;
    expect(calls).toEqual(expected);
    expect(emulator.counts.requests).toBe(1);
  });

  it('gives no data while paused, and no end', async () => {
    const { dispatcher } = setUp({ kind: 'oversized_body', bytes: 100_000 });
    let paused: Dispatcher.DispatchController | undefined;
    const sizes: number[] = [];
    const { calls, done, handler } = modern((call, controller) => {
      if (call.startsWith('data')) sizes.push(call.length - 'data '.length);
      if (call.startsWith('head') || call.startsWith('data')) {
        paused = controller;
        controller.pause();
      }
    });
    dispatcher.dispatch(options(), handler);
    await expect.poll(() => calls.length).toBe(2);
    expect([sizes, paused?.paused]).toEqual([[], true]);
    paused?.resume();
    expect(sizes).toEqual([65_536]);
    paused?.resume();
    expect(sizes).toEqual([65_536, 34_464]);
    expect(calls.at(-1)).not.toBe('end');
    paused?.resume();
    await done;
    expect(calls.at(-1)).toBe('end');
  });

  it('goes on when it is resumed from within, one call after the other', async () => {
    const { dispatcher } = setUp({ kind: 'oversized_body', bytes: 200_000 });
    let bytes = 0;
    let depth = 0;
    const { calls, done, handler } = modern((call, controller) => {
      depth += 1;
      expect(depth).toBe(1);
      if (call.startsWith('data')) bytes += call.length - 'data '.length;
      controller.pause();
      controller.resume();
      depth -= 1;
    });
    dispatcher.dispatch(options(), handler);
    await done;
    expect([bytes, calls.at(-1)]).toEqual([200_000, 'end']);
  });

  it.each(['start', 'head 200 application/json', 'data {"status":"success"}'])(
    'stops with one error when aborted at "%s"',
    async (moment) => {
      const { emulator, dispatcher } = setUp();
      const { calls, done, handler } = modern((call, controller) => {
        if (call !== moment) return;
        controller.abort(new Error('enough'));
        controller.abort(new Error('again'));
        expect([controller.aborted, controller.reason?.message]).toEqual([true, 'enough']);
      });
      dispatcher.dispatch(options(), handler);
      await done;
      await new Promise(setImmediate);
      expect(calls.at(-1)).toBe('error enough');
      expect(calls.filter((call) => call.startsWith('error')).length).toBe(1);
      expect(calls).not.toContain('end');
      expect(emulator.counts.requests).toBe(moment === 'start' ? 0 : 1);
    },
  );

  it('hears nothing more after an abort between the request and the answer', async () => {
    const { dispatcher } = setUp();
    let abort: (reason: Error) => void = () => undefined;
    const { calls, handler } = modern((_, controller) => (abort = (reason) => controller.abort(reason)));
    dispatcher.dispatch(options(), handler);
    abort(new Error('enough'));
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(calls).toEqual(['start', 'error enough']);
  });

  it('fails its request when it throws, which is no abort of its own', async () => {
    const { dispatcher } = setUp();
    const { calls, done, handler } = modern((call, controller) => {
      expect(controller.aborted).toBe(false);
      if (call.startsWith('head')) throw new Error('from the handler');
    });
    dispatcher.dispatch(options(), handler);
    await done;
    expect(calls).toEqual(['start', 'head 200 application/json', 'error from the handler']);
  });

  it('keeps undici’s time-outs where they are given', async () => {
    const hanging = modern();
    setUp({ kind: 'hang' }).dispatcher.dispatch(options({ headersTimeout: 5 }), hanging.handler);
    const slow = modern();
    setUp({ kind: 'latency', ms: 60_000 }).dispatcher.dispatch(options({ headersTimeout: 5 }), slow.handler);
    const stalled = modern();
    setUp({ kind: 'stalled_body' }).dispatcher.dispatch(options({ bodyTimeout: 5 }), stalled.handler);
    await Promise.all([hanging.done, slow.done, stalled.done]);
    expect([hanging, slow, stalled].map(({ calls }) => calls.at(-1))).toEqual([
      'error UND_ERR_HEADERS_TIMEOUT',
      'error UND_ERR_HEADERS_TIMEOUT',
      'error UND_ERR_BODY_TIMEOUT',
    ]);
  });
});

describe('with a handler of the older kind', () => {
  it('calls it in order, with raw headers', async () => {
    const { dispatcher } = setUp();
    const { calls, done, handler } = legacy();
    dispatcher.dispatch(options(), handler);
    await done;
    expect(calls).toEqual([
      'connect',
      'headers 200 content-type,application/json,content-length,20 OK',
      'data {"status":"success"}',
      'complete',
    ]);
  });

  it('pauses on false and goes on with resume()', async () => {
    const { dispatcher } = setUp();
    const { calls, done, handler, resume } = legacy((call) => !call.startsWith('headers') && !call.startsWith('data'));
    dispatcher.dispatch(options(), handler);
    await expect.poll(() => calls.length).toBe(2);
    resume();
    expect(calls.length).toBe(3);
    resume();
    await done;
    expect(calls.at(-1)).toBe('complete');
  });

  it('aborts, with a reason or without', async () => {
    const { dispatcher } = setUp({ kind: 'hang' });
    const [first, second] = [legacy(), legacy()];
    dispatcher.dispatch(options(), first.handler);
    dispatcher.dispatch(options(), second.handler);
    first.abort(new Error('enough'));
    second.abort();
    await Promise.all([first.done, second.done]);
    expect([first.calls, second.calls]).toEqual([
      ['connect', 'error enough'],
      ['connect', 'error UND_ERR_ABORTED'],
    ]);
  });

  it('hears of a reset before the request without a connect', async () => {
    const { emulator, dispatcher } = setUp({ kind: 'reset_before' });
    const { calls, done, handler } = legacy();
    dispatcher.dispatch(options(), handler);
    await done;
    expect(calls).toEqual(['error ECONNRESET']);
    expect(emulator.received).toMatchObject([{ fault: 'reset_before', region: 'in', method: undefined }]);
  });
});

describe('its end', () => {
  it('close() waits for what is under way and takes no more', async () => {
    const { dispatcher } = setUp({ kind: 'latency', ms: 20 });
    const { calls, done, handler } = modern();
    dispatcher.dispatch(options(), handler);
    const closed = dispatcher.close();
    await expect(request(URL, { dispatcher })).rejects.toMatchObject({ code: 'UND_ERR_CLOSED' });
    await closed;
    expect(calls.at(-1)).toBe('end');
    await done;
    await dispatcher.close();
    await new Promise<void>((resolve) => dispatcher.close(resolve));
  });

  it('destroy() ends what is under way, with its error or its own', async () => {
    const { dispatcher } = setUp({ kind: 'hang' });
    const first = request(URL, { dispatcher });
    const rejected = expect(first).rejects.toThrow('enough');
    await dispatcher.destroy(new Error('enough'));
    await rejected;
    await expect(request(URL, { dispatcher })).rejects.toMatchObject({ code: 'UND_ERR_DESTROYED' });

    const other = setUp({ kind: 'hang' }).dispatcher;
    const second = expect(request(URL, { dispatcher: other })).rejects.toMatchObject({ code: 'UND_ERR_DESTROYED' });
    await new Promise<void>((resolve) => other.destroy(resolve));
    await second;
  });

  it('closing the emulator ends what waits in any of its dispatchers', async () => {
    const { emulator, dispatcher } = setUp({ kind: 'hang', times: 1 }, { kind: 'stalled_body' });
    const hanging = expect(request(URL, { dispatcher })).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' });
    const stalled = await request(URL, { dispatcher: emulator.dispatcher() });
    const body = expect(stalled.body.text()).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' });
    await emulator.close();
    await Promise.all([hanging, body]);
    await expect(request(URL, { dispatcher })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
