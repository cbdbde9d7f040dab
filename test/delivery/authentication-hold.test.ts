import { describe, expect, it } from 'vitest';
import { Access } from '../../src/contract/access.js';
import { parseCredentials } from '../../src/contract/credentials.js';
import { Partner } from '../../src/contract/partner.js';
import { AuthenticationHold, HOLD_AFTER, HOLD_MS, type Hold } from '../../src/delivery/authentication-hold.js';
import { CANARY_PASSCODE, canaryCredentials } from '../support/canary.js';

function accessWith(projectPasscode = CANARY_PASSCODE): Access {
  return new Access(
    new Partner({ partnerName: 'airbridge' }),
    parseCredentials(canaryCredentials({ projectPasscode })),
  );
}

const access = accessWith();
const other = accessWith('another-passcode');

function refuse(
  hold: AuthenticationHold,
  times: number,
  { as = access, code = 'authentication', now = 0 }: { as?: Access; code?: Hold['code']; now?: number } = {},
): (Hold | undefined)[] {
  return Array.from({ length: times }, () => hold.refused(as, code, now));
}

/** A hold that began at 0. */
function held(code: Hold['code'] = 'authentication'): AuthenticationHold {
  const hold = new AuthenticationHold();
  refuse(hold, HOLD_AFTER, { code });
  return hold;
}

describe('refusals', () => {
  it('in a row begin a hold with the fifth', () => {
    const hold = new AuthenticationHold();
    expect(hold.idle).toBe(true);
    expect(refuse(hold, 4, { now: 7 })).toEqual([undefined, undefined, undefined, undefined]);
    expect([hold.idle, hold.on(access, 7)]).toEqual([false, undefined]);
    const begun = hold.refused(access, 'authentication', 7);
    expect(begun).toEqual({ access, refusals: 5, code: 'authentication', endsAt: 7 + HOLD_MS });
    expect([hold.on(access, 7), hold.current(7)]).toEqual([begun, begun]);
  });

  it('with a success between are no row', () => {
    const hold = new AuthenticationHold();
    for (let round = 0; round < 10; round += 1) {
      expect(refuse(hold, 4)).not.toContainEqual(expect.anything());
      expect(hold.delivered(access)).toBe(false);
      expect(hold.idle).toBe(true);
    }
  });

  it('of different credentials are no row', () => {
    const hold = new AuthenticationHold();
    refuse(hold, 4);
    expect(refuse(hold, 4, { as: other })).toEqual(Array(4).fill(undefined));
    expect(hold.refused(other, 'authentication', 0)).toMatchObject({ refusals: 5, access: other });
  });

  it('of the same credentials in another hand are one row', () => {
    const hold = new AuthenticationHold();
    refuse(hold, 4);
    expect(hold.refused(accessWith(), 'authentication', 0)).toBeDefined();
    expect(hold.on(accessWith(), 0)).toBeDefined();
  });

  it('are a row although others get through with other credentials', () => {
    const hold = new AuthenticationHold();
    for (let index = 0; index < 4; index += 1) {
      refuse(hold, 1);
      hold.delivered(other);
    }
    expect(hold.refused(access, 'authentication', 0)).toBeDefined();
  });

  it('that come in while it is on hold begin no other', () => {
    const hold = held();
    expect(refuse(hold, 10, { now: HOLD_MS - 1 })).toEqual(Array(10).fill(undefined));
    expect(hold.current(HOLD_MS)).toBeUndefined();
  });
});

describe('a hold', () => {
  it('is on the credentials that were refused, and on no others', () => {
    const hold = held();
    expect([hold.on(access, 0) !== undefined, hold.on(other, 0)]).toEqual([true, undefined]);
  });

  it('lasts a minute', () => {
    const hold = held();
    expect([hold.current(HOLD_MS - 1) !== undefined, hold.on(access, HOLD_MS - 1) !== undefined]).toEqual([true, true]);
    expect([hold.current(HOLD_MS), hold.on(access, HOLD_MS)]).toEqual([undefined, undefined]);
    expect(HOLD_MS).toBe(60_000);
  });

  it('is renewed by one more refusal after its time, each time anew', () => {
    const hold = held();
    for (const round of [1, 2, 3]) {
      const now = round * HOLD_MS;
      expect(hold.refused(access, 'authentication', now)).toMatchObject({ refusals: 5 + round, endsAt: now + HOLD_MS });
      expect(hold.refused(access, 'authentication', now)).toBeUndefined();
    }
  });

  it('is renewed by one more refusal also where others were refused in between', () => {
    const hold = held();
    refuse(hold, 2, { as: other, now: 1 });
    expect(hold.refused(access, 'authentication', HOLD_MS)).toMatchObject({ refusals: 6 });
  });

  it('stays while others are refused with other credentials, until those are on hold themselves', () => {
    const hold = held();
    refuse(hold, 4, { as: other });
    expect(hold.on(access, 0)).toBeDefined();
    refuse(hold, 1, { as: other });
    expect([hold.on(access, 0), hold.on(other, 0) !== undefined]).toEqual([undefined, true]);
  });

  it('ends when a request with its credentials gets through, for what was under way already', () => {
    const hold = held();
    expect([hold.delivered(access), hold.delivered(access)]).toEqual([true, false]);
    expect([hold.on(access, 0), hold.idle]).toEqual([undefined, true]);
    expect(refuse(hold, 4)).toEqual(Array(4).fill(undefined));
  });

  it('does not end when a request with other credentials gets through', () => {
    const hold = held();
    expect(hold.delivered(other)).toBe(false);
    expect([hold.on(access, 0) !== undefined, hold.idle]).toEqual([true, false]);
  });

  it('stays also where those others had been refused as well', () => {
    const hold = held();
    refuse(hold, 1, { as: other });
    expect(hold.delivered(other)).toBe(false);
    expect([hold.on(access, 0) !== undefined, hold.idle]).toEqual([true, false]);
  });

  it('of a partner that was not whitelisted ends whatever the credentials of the request that got through', () => {
    const hold = held('bad_request');
    expect(hold.on(access, 0)).toMatchObject({ code: 'bad_request' });
    expect(hold.delivered(other)).toBe(true);
    expect(hold.idle).toBe(true);
  });

  it('ends when it is released, and nothing is left of it', () => {
    const hold = held();
    expect([hold.release(), hold.release()]).toEqual([true, false]);
    expect([hold.current(0), hold.idle]).toEqual([undefined, true]);
    expect(refuse(hold, 4)).toEqual(Array(4).fill(undefined));
  });

  it('that was released before it began is none', () => {
    const hold = new AuthenticationHold();
    refuse(hold, 4);
    expect([hold.release(), hold.idle]).toEqual([false, true]);
    expect(refuse(hold, 4)).toEqual(Array(4).fill(undefined));
  });
});
