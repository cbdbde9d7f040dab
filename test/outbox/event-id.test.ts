import { expect, it } from 'vitest';
import { createEventId } from '../../src/outbox/event-id.js';

it('is a UUID of version 7', () => {
  expect(createEventId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

it('holds the time it was made', () => {
  const nowMs = Date.UTC(2026, 10, 24, 12, 30, 0, 123);
  const hex = createEventId(nowMs).replaceAll('-', '').slice(0, 12);
  expect(Number.parseInt(hex, 16)).toBe(nowMs);
});

it('sorts by time, and is never the same twice', () => {
  const ids = [1, 2, 3].map((day) => createEventId(Date.UTC(2026, 0, day)));
  expect([...ids].sort()).toEqual(ids);
  expect(createEventId(Date.UTC(2026, 0, 1))).toContain(ids[0]?.slice(0, 14));
  const same = new Set(Array.from({ length: 1000 }, () => createEventId(1)));
  expect(same.size).toBe(1000);
});

it('is random in all but time, version and variant', () => {
  const ids = Array.from({ length: 2_000 }, () => createEventId(1).replaceAll('-', ''));
  const digitsAt = (place: number) => new Set(ids.map((id) => id[place]));
  const digits = Array.from({ length: 20 }, (_, place) => digitsAt(12 + place).size);
  expect(digits).toEqual([1, 16, 16, 16, 4, ...Array<number>(15).fill(16)]);
});
