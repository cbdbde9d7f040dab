import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Access } from '../../src/contract/access.js';
import { parseCredentials } from '../../src/contract/credentials.js';
import { Partner } from '../../src/contract/partner.js';
import type { Entrant } from '../../src/delivery/admission.js';
import { WaitingLine } from '../../src/forward/waiting-line.js';
import { canaryCredentials } from '../support/canary.js';

const access = new Access(new Partner({ partnerName: 'airbridge' }), parseCredentials(canaryCredentials()));

function entrantAfter(attempts: number): Entrant {
  const kept = { lane: undefined, waits: false, ahead: undefined, behind: undefined };
  const ignore = () => undefined;
  return { project: access, access, attempts, expiresAt: Infinity, ...kept, onTurn: ignore, onRefused: ignore };
}

describe('WaitingLine', () => {
  it('is the order of coming, those with an attempt behind them before all others, whoever leaves from the middle', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('push' as const), attempts: fc.integer({ min: 0, max: 2 }) }),
      fc.record({ kind: fc.constant('shift' as const) }),
      fc.record({ kind: fc.constant('remove' as const), place: fc.nat() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const line = new WaitingLine();
        let model: Entrant[] = [];
        for (const one of steps) {
          if (one.kind === 'push') {
            const entrant = entrantAfter(one.attempts);
            line.push(entrant);
            const [returning, newcomers] = [true, false].map((isReturning) =>
              model.filter(({ attempts }) => attempts > 0 === isReturning),
            );
            model =
              one.attempts > 0
                ? [...(returning ?? []), entrant, ...(newcomers ?? [])]
                : [...(returning ?? []), ...(newcomers ?? []), entrant];
          } else if (one.kind === 'shift') expect(line.shift()).toBe(model.shift());
          else if (model.length > 0) {
            const [left] = model.splice(one.place % model.length, 1);
            if (left !== undefined) line.remove(left);
            expect(left?.waits).toBe(false);
          }
          expect(line.size).toBe(model.length);
          expect(line.everybody()).toEqual(model);
          expect(model.every(({ waits }) => waits)).toBe(true);
        }
      }),
    );
  });

  it('keeps nobody who has left', () => {
    const line = new WaitingLine();
    const [first, second] = [entrantAfter(0), entrantAfter(1)];
    line.push(first);
    line.push(second);
    line.shift();
    line.shift();
    expect([first.ahead, first.behind, second.ahead, second.behind]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(line.shift()).toBeUndefined();
  });
});
