import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Progress, type ProgressSource } from '../../src/cli/progress.js';
import type { Terminal } from '../../src/cli/terminal.js';
import type { Counters } from '../../src/observe/counters.js';
import type { Notice } from '../../src/observe/notice.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Progress in front of somebody, or of nobody. */
function watched(interactive: boolean) {
  let screen = '';
  const notes: string[] = [];
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 120 });
  stream.on('data', (chunk: Buffer) => (screen += chunk.toString()));
  const terminal: Terminal = {
    interactive,
    print: () => expect.unreachable(),
    note(line) {
      notes.push(line);
      // Both go to the same screen.
      stream.write(`${line}\n`);
    },
  };
  return {
    progress: new Progress(terminal, stream),
    stream,
    notes,
    get screen() {
      return screen;
    },
  };
}

const state = { delivered: 0, rejected: 0, failed: 0, retries: 0, retryBudget: 100, share: 0 as number | undefined };
beforeEach(() =>
  Object.assign(state, { delivered: 0, rejected: 0, failed: 0, retries: 0, retryBudget: 100, share: 0 }),
);

const source: ProgressSource = {
  client: {
    counters: () => ({ retries: state.retries }) as Counters,
    regions: () => [{ region: 'in', retryBudget: state.retryBudget }] as never,
  },
  totals: () => state,
  share: () => state.share,
};

function retryOf(projectId: string, delayMs: number): Notice {
  return {
    type: 'retry',
    projectId,
    delayMs,
    region: 'in',
    host: 'in1.api.clevertap.com',
    eventType: 'custom',
    attempt: 1,
    code: 'rate_limited',
  };
}

describe('without a terminal, progress', () => {
  it('is a plain line every five seconds: share, rate, totals and time left', () => {
    const { progress, notes } = watched(false);
    progress.start(source);
    state.delivered = 10;
    state.share = 0.1;
    vi.advanceTimersByTime(5_000);
    Object.assign(state, { delivered: 30, rejected: 2, failed: 1, retries: 4, share: 0.3 });
    vi.advanceTimersByTime(5_000);
    expect(notes).toEqual([
      '10 %  2/s  10 delivered',
      '30 %  3/s  30 delivered  2 rejected  1 failed  4 retries  18 s left',
    ]);
    progress.stop();
    vi.advanceTimersByTime(60_000);
    expect(notes).toHaveLength(2);
  });

  it('names no share and no time left where the size is not known', () => {
    const { progress, notes } = watched(false);
    state.share = undefined;
    progress.start(source);
    state.delivered = 50;
    vi.advanceTimersByTime(10_000);
    expect(notes).toEqual(['10/s  50 delivered', '5/s  50 delivered']);
    progress.stop();
  });

  it('counts the projects that wait, as long as they do, and names regions in trouble', () => {
    const { progress, notes } = watched(false);
    progress.start(source);
    progress.onNotice(retryOf('P-1', 7_000));
    progress.onNotice(retryOf('P-1', 8_000));
    progress.onNotice(retryOf('P-2', 12_000));
    state.retryBudget = 0;
    state.retries = 1;
    vi.advanceTimersByTime(15_000);
    expect(notes).toEqual([
      '0 %  0/s  0 delivered  1 retry  2 projects waiting  in trouble: region in',
      '0 %  0/s  0 delivered  1 retry  1 project waiting  in trouble: region in',
      '0 %  0/s  0 delivered  1 retry  in trouble: region in',
    ]);
    progress.stop();
  });

  it('tells of an outage at once', () => {
    const { progress, notes } = watched(false);
    progress.onNotice({
      type: 'outage',
      region: 'in',
      host: 'in1.api.clevertap.com',
      since: new Date(),
      message: 'write to support',
    });
    expect(notes).toEqual(['write to support']);
  });
});

describe('on a terminal, progress', () => {
  it('is a bar that grows', () => {
    const shown = watched(true);
    shown.progress.start(source);
    Object.assign(state, { delivered: 1, share: 0.5 });
    vi.advanceTimersByTime(2_000);
    Object.assign(state, { delivered: 3, share: 0.75 });
    vi.advanceTimersByTime(2_000);
    const frames = shown.screen.split('\u001b[1G');
    expect(frames.at(-1)).toMatch(/^█{18}░{6} 75 % {2}1\/s {2}3 delivered {2}4 s left/);
    expect(shown.notes).toEqual([]);
    shown.progress.stop();
  });

  it('changes none of the terminal’s modes, so that it is as it was whichever way the program ends', () => {
    const shown = watched(true);
    const listeners = process.listenerCount('SIGINT');
    shown.progress.start(source);
    vi.advanceTimersByTime(500);
    shown.progress.note('a line');
    vi.advanceTimersByTime(500);
    expect(process.listenerCount('SIGINT')).toBe(listeners);
    shown.progress.stop();
    // Such as hiding the cursor, or not wrapping lines, which would cut off the lines about the run.
    expect(shown.screen).not.toContain('\u001b[?');
  });

  it('leaves nothing of the bar when it ends', () => {
    const shown = watched(true);
    shown.progress.start(source);
    vi.advanceTimersByTime(500);
    shown.progress.stop();
    expect(shown.screen.endsWith('\u001b[2K')).toBe(true);
    const { length } = shown.screen;
    vi.advanceTimersByTime(5_000);
    expect(shown.screen.length).toBe(length);
  });

  it('fits into a narrow terminal, also once it has become one', () => {
    const shown = watched(true);
    Object.assign(state, { delivered: 1, rejected: 2, failed: 3, retries: 4, retryBudget: 0 });
    shown.progress.start(source);
    vi.advanceTimersByTime(500);
    shown.stream.columns = 40;
    vi.advanceTimersByTime(500);
    Object.assign(state, { delivered: 1_000, share: 0.5 });
    vi.advanceTimersByTime(1_500);
    const [frame = ''] = (shown.screen.split('\u001b[1G').at(-1) ?? '').split('\u001b');
    expect(frame).toBe('50 %  1000 delivered  3 s left');
    shown.progress.stop();
  });

  it('makes room for a line, and is drawn again below it', () => {
    const shown = watched(true);
    shown.progress.start(source);
    vi.advanceTimersByTime(500);
    shown.progress.note('a.ndjson:7: rejected');
    expect(shown.screen.endsWith('\r\u001b[Ka.ndjson:7: rejected\n')).toBe(true);
    const { length } = shown.screen;
    vi.advanceTimersByTime(500);
    expect(shown.screen.slice(length)).toContain('░');
    shown.progress.stop();
    // The cursor goes back to the bar's own line, not to where the first line above it was written.
    expect(shown.screen.lastIndexOf('\u001b7')).toBeGreaterThan(length);
    shown.progress.note('at the end');
    expect(shown.screen.endsWith('\u001b[2Kat the end\n')).toBe(true);
  });

  it('has no bar where the size is not known', () => {
    const shown = watched(true);
    state.share = undefined;
    shown.progress.start(source);
    state.delivered = 9;
    vi.advanceTimersByTime(3_000);
    expect(shown.screen).toContain('9 delivered');
    expect(shown.screen).not.toMatch(/[█░%]/);
    shown.progress.stop();
  });
});
