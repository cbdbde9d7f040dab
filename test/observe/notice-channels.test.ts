import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { NOTICE_CHANNELS, NoticeChannels } from '../../src/observe/notice-channels.js';
import { noticeFacts } from '../../src/observe/notice-facts.js';
import { NOTICES } from '../support/notices.js';

const published: [name: string | symbol, message: unknown][] = [];

afterEach(() => {
  published.length = 0;
});

function listenTo(name: string): void {
  const listener = (message: unknown, from: string | symbol) => void published.push([from, message]);
  subscribe(name, listener);
  onTestFinished(() => void unsubscribe(name, listener));
}

describe('the diagnostics channels', () => {
  it('are one for each kind of notice, and publish its facts', () => {
    for (const name of Object.values(NOTICE_CHANNELS)) listenTo(name);
    const channels = new NoticeChannels();
    for (const notice of NOTICES) channels.publish(notice);
    expect(published).toEqual(NOTICES.map((notice) => [`clevertap-attribution:${notice.type}`, noticeFacts(notice)]));
  });

  it.each(['attempt', 'retry', 'delivered', 'failed'])('want single events told while %s is subscribed to', (type) => {
    const channels = new NoticeChannels();
    expect(channels.listening).toBe(false);
    const listener = () => undefined;
    subscribe(`clevertap-attribution:${type}`, listener);
    expect(channels.listening).toBe(true);
    unsubscribe(`clevertap-attribution:${type}`, listener);
    expect(channels.listening).toBe(false);
  });

  it('have nothing computed where nobody subscribes', () => {
    const untouchable = new Proxy(NOTICES[0] as object, {
      get: (notice, name) => {
        if (name !== 'type') throw new Error(`${String(name)} was read`);
        return Reflect.get(notice, name) as unknown;
      },
    });
    expect(() => new NoticeChannels().publish(untouchable as (typeof NOTICES)[number])).not.toThrow();
  });
});
