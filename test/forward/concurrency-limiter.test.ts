import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { createAccess, type Access } from '../../src/contract/access.js';
import { parseCredentials } from '../../src/contract/credentials.js';
import type { Entrant, Refusal } from '../../src/delivery/admission.js';
import type { ListNode } from '../../src/delivery/linked-list.js';
import { ProjectHealth } from '../../src/delivery/project-health.js';
import { ConcurrencyLimiter } from '../../src/forward/concurrency-limiter.js';
import { Observer } from '../../src/observe/observer.js';
import type { ConcurrencyLimits } from '../../src/options.js';

let order: string[];

const backOff = { initialDelayMs: 100, maxDelayMs: 1000, factor: 2 };

function limiterOf(limits: ConcurrencyLimits): ConcurrencyLimiter {
  const observer = new Observer(undefined);
  return new ConcurrencyLimiter(limits, (id) => new ProjectHealth(id, limits.perProject, backOff, observer, () => 1));
}

function accessTo(projectId: string): Access {
  const credentials = { projectId, projectToken: 'TEST-token', projectPasscode: 'TEST-passcode' };
  return createAccess({ partnerName: 'airbridge' }, parseCredentials(credentials));
}

class Person implements Entrant {
  lane: ListNode | undefined = undefined;
  queuePosition: ListNode | undefined = undefined;
  expiresAt = Number.POSITIVE_INFINITY;
  inside = false;
  refusal: Refusal | undefined = undefined;
  readonly access: Access;

  constructor(
    readonly projectId: string,
    readonly name: string,
    private readonly then?: (self: Person) => void,
  ) {
    this.access = accessTo(projectId);
  }

  enter(limiter: ConcurrencyLimiter): this {
    if (limiter.enter(this)) this.#arrive();
    return this;
  }

  onTurn(): void {
    this.#arrive();
  }

  onRefused(refusal: Refusal): void {
    this.refusal = refusal;
  }

  #arrive(): void {
    this.inside = true;
    order.push(this.name);
    this.then?.(this);
  }
}

function enter(limiter: ConcurrencyLimiter, projectId: string, ...names: string[]): Person[] {
  return names.map((name) => new Person(projectId, name).enter(limiter));
}

beforeEach(() => {
  order = [];
});

describe('the limit of a project', () => {
  it('lets so many in, and the next when one leaves', () => {
    const limiter = limiterOf({ perProject: 2, total: 10 });
    const [first] = enter(limiter, 'A', 'a1', 'a2', 'a3', 'a4');
    expect(order).toEqual(['a1', 'a2']);
    if (first !== undefined) limiter.leave(first);
    expect(order).toEqual(['a1', 'a2', 'a3']);
  });

  it('binds no other project', () => {
    const limiter = limiterOf({ perProject: 1, total: 10 });
    enter(limiter, 'A', 'a1', 'a2');
    enter(limiter, 'B', 'b1', 'b2');
    expect(order).toEqual(['a1', 'b1']);
  });
});

describe('the total limit', () => {
  it('binds all projects together', () => {
    const limiter = limiterOf({ perProject: 2, total: 3 });
    enter(limiter, 'A', 'a1', 'a2', 'a3');
    const [b1] = enter(limiter, 'B', 'b1', 'b2');
    expect(order).toEqual(['a1', 'a2', 'b1']);
    if (b1 !== undefined) limiter.leave(b1);
    // A is at its own limit, so it is not A's turn.
    expect(order).toEqual(['a1', 'a2', 'b1', 'b2']);
  });

  it('gives turns to the projects, one each', () => {
    const limiter = limiterOf({ perProject: 10, total: 1 });
    const inside = enter(limiter, 'A', 'a1', 'a2', 'a3', 'a4');
    inside.push(...enter(limiter, 'B', 'b1', 'b2'), ...enter(limiter, 'C', 'c1'));
    for (let index = 0; index < 6; index += 1) {
      const person = inside.find((each) => each.inside);
      if (person === undefined) break;
      person.inside = false;
      limiter.leave(person);
    }
    expect(order).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4']);
  });

  it('lets nobody past those who wait', () => {
    const limiter = limiterOf({ perProject: 5, total: 1 });
    const [a1] = enter(limiter, 'A', 'a1', 'a2');
    if (a1 !== undefined) limiter.leave(a1);
    enter(limiter, 'B', 'b1');
    expect(order).toEqual(['a1', 'a2']);
  });
});

describe('whoever withdraws', () => {
  it('gets no turn', () => {
    const limiter = limiterOf({ perProject: 1, total: 1 });
    const [a1, a2] = enter(limiter, 'A', 'a1', 'a2', 'a3');
    if (a1 === undefined || a2 === undefined) throw new Error('nobody came');
    limiter.withdraw(a2);
    limiter.withdraw(a2);
    limiter.leave(a1);
    expect(order).toEqual(['a1', 'a3']);
  });

  it('as the last of its project leaves the turn to others', () => {
    const limiter = limiterOf({ perProject: 1, total: 1 });
    const [a1] = enter(limiter, 'A', 'a1');
    const [b1] = enter(limiter, 'B', 'b1');
    enter(limiter, 'C', 'c1');
    if (a1 === undefined || b1 === undefined) throw new Error('nobody came');
    limiter.withdraw(b1);
    expect(limiter.projects).toBe(2);
    limiter.leave(a1);
    expect(order).toEqual(['a1', 'c1']);
  });
});

describe('a halt', () => {
  it('lets nobody in any more', () => {
    const limiter = limiterOf({ perProject: 1, total: 2 });
    const [a1] = enter(limiter, 'A', 'a1', 'a2');
    limiter.halt();
    enter(limiter, 'B', 'b1');
    if (a1 !== undefined) limiter.leave(a1);
    expect(order).toEqual(['a1']);
  });
});

describe('what is kept of a project', () => {
  it('is dropped when nothing of it is inside or waits', () => {
    const limiter = limiterOf({ perProject: 1, total: 10 });
    const people = Array.from({ length: 1000 }, (_, index) => enter(limiter, `P${index}`, 'x')).flat();
    expect(limiter.projects).toBe(1000);
    for (const person of people) limiter.leave(person);
    expect(limiter.projects).toBeLessThanOrEqual(10);
    for (const person of people.slice(10)) limiter.withdraw(person);
    expect(limiter.projects).toBe(0);
  });
});

it('does not fall over when everybody leaves as they come in', () => {
  const limiter = limiterOf({ perProject: 1, total: 1 });
  const [first] = enter(limiter, 'A', 'first');
  for (let index = 0; index < 50_000; index += 1) {
    new Person('A', 'quick', (self) => limiter.leave(self)).enter(limiter);
  }
  if (first !== undefined) limiter.leave(first);
  expect(order).toHaveLength(50_001);
  expect(limiter.projects).toBe(0);
});

it('keeps its limits, forgets nobody and keeps the order within a project, whatever happens', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('enter' as const), projectId: fc.constantFrom('A', 'B', 'C') }),
    fc.record({ do: fc.constantFrom('leave' as const, 'withdraw' as const), at: fc.nat(7) }),
  );
  const limits = fc.record({ perProject: fc.integer({ min: 1, max: 3 }), total: fc.integer({ min: 1, max: 5 }) });
  fc.assert(
    fc.property(limits, fc.array(step, { maxLength: 80 }), ({ perProject, total }, story) => {
      const limiter = limiterOf({ perProject, total });
      order = [];
      const people: Person[] = [];
      const gone = new Set<Person>();
      const inside = (projectId?: string) =>
        people.filter((each) => each.inside && (projectId ?? each.projectId) === each.projectId);
      const waiting = () => people.filter((each) => !each.inside && !gone.has(each));
      const leave = (person: Person) => {
        person.inside = false;
        gone.add(person);
        limiter.leave(person);
      };
      const check = () => {
        expect(inside().length).toBeLessThanOrEqual(total);
        for (const projectId of ['A', 'B', 'C']) expect(inside(projectId).length).toBeLessThanOrEqual(perProject);
        // Nobody waits where there is room.
        for (const { projectId } of waiting()) {
          expect(inside().length === total || inside(projectId).length === perProject).toBe(true);
        }
        expect(limiter.projects).toBe(new Set([...inside(), ...waiting()].map(({ projectId }) => projectId)).size);
      };
      for (const move of story) {
        if (move.do === 'enter')
          people.push(new Person(move.projectId, `${move.projectId}${people.length}`).enter(limiter));
        if (move.do === 'leave')
          inside()
            .slice(move.at, move.at + 1)
            .forEach(leave);
        if (move.do === 'withdraw') {
          for (const person of waiting().slice(move.at, move.at + 1)) {
            gone.add(person);
            limiter.withdraw(person);
          }
        }
        check();
      }
      while (inside().length > 0) {
        inside().slice(0, 1).forEach(leave);
        check();
      }
      expect(waiting()).toEqual([]);
      for (const projectId of ['A', 'B', 'C']) {
        const numbers = order.filter((name) => name.startsWith(projectId)).map((name) => Number(name.slice(1)));
        expect(numbers).toEqual([...numbers].sort((one, other) => one - other));
      }
    }),
    { numRuns: 300 },
  );
});
