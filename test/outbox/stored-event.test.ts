import fc from 'fast-check';
import { expect, it } from 'vitest';
import { eventSchema } from '../../src/contract/event-schema.js';
import { readStoredEvent, writeStoredEvent } from '../../src/outbox/stored-event.js';
import { ONE_OF_EACH } from '../support/events.js';

it('comes back as it was stored, and is a valid event that has not moved in time', () => {
  for (const event of ONE_OF_EACH) {
    const parsed = eventSchema.parse(event);
    const read = readStoredEvent(writeStoredEvent(parsed));
    expect(read).toEqual({ event: parsed });
    expect(eventSchema.parse('event' in read ? read.event : undefined)).toEqual(parsed);
  }
});

it('says that a later version wrote what it cannot read', () => {
  expect(readStoredEvent('{"v":2,"something":"else"}')).toEqual({
    problem: expect.stringContaining('later version') as unknown,
  });
});

it('takes any other text for no event', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (payload) => {
      expect(readStoredEvent(payload)).toEqual({ problem: expect.any(String) as unknown });
    }),
  );
});
