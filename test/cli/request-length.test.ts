import { expect, it } from 'vitest';
import { createUnsendableFinder } from '../../src/cli/request-length.js';
import { AttributionClient } from '../../src/client.js';
import { parseCredentials } from '../../src/contract/credentials.js';
import { canaryCredentials } from '../support/canary.js';

const credentials = parseCredentials(canaryCredentials());
const event = { type: 'custom', name: 'E', deviceIdentifier: '__g1234abc', platform: 'android' } as const;

it('finds what nobody can send: no event, or one whose request would be too long with its credentials', () => {
  const find = createUnsendableFinder(new AttributionClient({ partnerName: 'airbridge' }), { all: [credentials] });
  const { projectId } = credentials;
  const long = { ...event, params: { n: 'x'.repeat(20_000) } };
  expect(find({ event, projectId })).toBeUndefined();
  expect(find({ event: long, projectId })?.message).toContain('bytes of path and query');
  expect(find({ event: { ...event, name: '' }, projectId })?.code).toBe('validation');
  // Of a project without credentials nobody knows what these take.
  const nearlyTooLong = { ...event, params: { n: 'x'.repeat(7_820) } };
  expect(find({ event: nearlyTooLong, projectId })?.message).toContain('bytes of path and query');
  expect(find({ event: nearlyTooLong, projectId: 'OTHER' })).toBeUndefined();
  expect(find({ event: long, projectId: 'OTHER' })?.message).toContain('bytes of path and query');
});
