import { expect, it } from 'vitest';
import { Access } from '../../src/contract/access.js';
import { parseCredentials } from '../../src/contract/credentials.js';
import { eventSchema } from '../../src/contract/event-schema.js';
import { LeastRequest } from '../../src/contract/least-request.js';
import { Partner } from '../../src/contract/partner.js';
import { validate } from '../../src/contract/validate.js';
import { ValidationError } from '../../src/errors.js';
import { customEvent } from '../support/events.js';

const event = validate(eventSchema, customEvent('Long', { params: { note: 'x'.repeat(500) } }), 'event');

function bytesWith(baseUrl?: Record<string, string>): number {
  const credentials = parseCredentials({ projectId: 'P', projectToken: 't', projectPasscode: 'p', region: 'in' });
  return new Access(new Partner({ partnerName: 'airbridge', baseUrl }), credentials).encode(event).length;
}

it('takes what the shortest credentials leave room for, and refuses a byte more, naming no project', () => {
  const bytes = bytesWith();
  new LeastRequest(new Partner({ partnerName: 'airbridge', maxUrlBytes: bytes })).checkLength(event);
  const tooSmall = new LeastRequest(new Partner({ partnerName: 'airbridge', maxUrlBytes: bytes - 1 }));
  expect(() => tooSmall.checkLength(event)).toThrow(ValidationError);
  expect(() => tooSmall.checkLength(event)).toThrow(`takes 504 of at least ${bytes} bytes`);
});

it('goes by the region whose path is the shortest', () => {
  const baseUrl = { eu: 'https://proxy.example/a/long/way/to/attribution', in: 'https://proxy.example/a' };
  const bytes = bytesWith(baseUrl);
  expect(() =>
    new LeastRequest(new Partner({ partnerName: 'airbridge', baseUrl, maxUrlBytes: bytes })).checkLength(event),
  ).not.toThrow();
});
