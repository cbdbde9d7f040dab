import { expect, it, onTestFinished, vi } from 'vitest';
import { OverflowError, StorageError } from '../../src/errors.js';
import { NoticeListener } from '../../src/observe/notice-listener.js';
import type { OutboxNotice } from '../../src/outbox/index.js';
import { Troubles } from '../../src/outbox/troubles.js';

it('counts all, and tells of each kind once a second', () => {
  const notices: OutboxNotice[] = [];
  let now = 0;
  const troubles = new Troubles(new NoticeListener((notice: OutboxNotice) => notices.push(notice)), () => now);
  for (; now < 2_000; now += 100) troubles.note('deliver', new StorageError(`at ${now}`));
  troubles.note('drain', new OverflowError('Redis is full'));
  expect(troubles.total).toBe(21);
  expect(notices).toEqual([
    { type: 'trouble', doing: 'deliver', code: 'storage', reason: 'at 0', troubles: 1 },
    { type: 'trouble', doing: 'deliver', code: 'storage', reason: 'at 1000', troubles: 11 },
    { type: 'trouble', doing: 'drain', code: 'overflow', reason: 'Redis is full', troubles: 21 },
  ]);
});

it('is not silent where nobody listens: the process warns, once', () => {
  const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
  onTestFinished(() => warn.mockRestore());
  const troubles = new Troubles(new NoticeListener<OutboxNotice>(undefined));
  troubles.note('start', new StorageError('Redis is away.'));
  troubles.note('start', new StorageError('Redis is still away'));
  expect(warn).toHaveBeenCalledTimes(1);
  expect(warn.mock.calls[0]?.[0]).toMatch(/Redis is away\. Pass onNotice/);
});
