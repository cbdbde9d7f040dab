import { context, createContextKey } from '@opentelemetry/api';
import { core, node } from '@opentelemetry/sdk-node';
import type { Dispatcher } from 'undici';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { callerContext, dispatchUntraced, watchedForTraces } from '../../src/delivery/untraced.js';

const request = { path: '/attribution', method: 'GET' as const, headers: ['user-agent', 'ours'] };
const handler: Dispatcher.DispatchHandler = {};

/** A dispatcher that notes whether it was called in a context without tracing. */
function noting() {
  const suppressed: boolean[] = [];
  const dispatch = function (this: unknown, ...given: unknown[]) {
    expect([this, ...given]).toEqual([dispatcher, request, handler]);
    suppressed.push(core.isTracingSuppressed(context.active()));
    return true;
  };
  const dispatcher = { dispatch } as unknown as Dispatcher;
  return { dispatcher, suppressed };
}

afterEach(() => {
  context.disable();
});

describe('without OpenTelemetry', () => {
  it('a request is handed on as it is, and there is no context to go back to', () => {
    const { dispatcher, suppressed } = noting();
    dispatchUntraced(dispatcher, request, handler);
    expect(suppressed).toEqual([false]);
    expect(callerContext()).toBeUndefined();
  });

  it('a request is not watched', () => {
    const onTraced = vi.fn();
    expect(watchedForTraces(request, onTraced)).toBe(request);
    expect(onTraced).not.toHaveBeenCalled();
  });
});

describe('with OpenTelemetry', () => {
  it('a request is handed on where tracing is suppressed, and nothing else is', () => {
    new node.NodeTracerProvider().register();
    const { dispatcher, suppressed } = noting();
    dispatchUntraced(dispatcher, request, handler);
    expect(suppressed).toEqual([true]);
    expect(core.isTracingSuppressed(context.active())).toBe(false);
  });

  it('lets what the dispatcher throws through', () => {
    new node.NodeTracerProvider().register();
    const dispatcher = {
      dispatch: () => {
        throw new TypeError('closed');
      },
    } as unknown as Dispatcher;
    expect(() => dispatchUntraced(dispatcher, request, handler)).toThrow(new TypeError('closed'));
  });

  it('a request tells when its path is read where it may be traced, as also a copy of it does', () => {
    new node.NodeTracerProvider().register();
    const onTraced = vi.fn();
    const watched = watchedForTraces(request, onTraced);
    const whole = { ...request, headers: { 'user-agent': 'ours' } };
    context.with(core.suppressTracing(context.active()), () => expect({ ...watched }).toEqual(whole));
    expect(onTraced).not.toHaveBeenCalled();
    expect(watched.path).toBe(request.path);
    expect(onTraced).toHaveBeenCalledOnce();
  });

  it('a copy that was made untraced tells when its headers are read where it may be traced', () => {
    new node.NodeTracerProvider().register();
    const onTraced = vi.fn();
    const watched = watchedForTraces(request, onTraced);
    const copy = context.with(core.suppressTracing(context.active()), () => ({ ...watched }));
    expect([copy.path, onTraced.mock.calls]).toEqual([request.path, []]);
    expect(Object.entries(copy.headers as object)).toEqual([['user-agent', 'ours']]);
    expect(onTraced).toHaveBeenCalledOnce();
  });

  it('a dispatcher may change what it is given', () => {
    new node.NodeTracerProvider().register();
    const onTraced = vi.fn();
    const watched = watchedForTraces(request, onTraced);
    watched.path = '/other';
    Object.assign(watched.headers as object, { 'user-agent': 'another', host: 'proxy.example' });
    const headers = { 'user-agent': 'another', host: 'proxy.example' };
    expect({ ...watched }).toEqual({ path: '/other', method: 'GET', headers });
    expect(onTraced).not.toHaveBeenCalled();
  });

  it('a request keeps its path when OpenTelemetry is shut down meanwhile', () => {
    new node.NodeTracerProvider().register();
    const watched = watchedForTraces(request, () => undefined);
    context.disable();
    expect(watched.path).toBe('/attribution');
  });

  it('the caller’s context can be gone back to', () => {
    new node.NodeTracerProvider().register();
    const key = createContextKey('whose');
    const back = context.with(context.active().setValue(key, 'the caller'), callerContext);
    const found: unknown[] = [context.active().getValue(key)];
    context.with(core.suppressTracing(context.active()), () => {
      back?.(() => found.push(context.active().getValue(key), core.isTracingSuppressed(context.active())));
    });
    expect(found).toEqual([undefined, 'the caller', false]);
  });
});
