import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Access } from '../../src/contract/access.js';
import { parseCredentials } from '../../src/contract/credentials.js';
import { Partner } from '../../src/contract/partner.js';
import type { AdmittedProject, Entrant, Refusal } from '../../src/delivery/admission.js';
import { HOLD_AFTER, HOLD_MS } from '../../src/delivery/authentication-hold.js';
import type { AttemptFailure, AttemptSuccess } from '../../src/delivery/failure.js';
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

function accessTo(projectId: string, projectPasscode = 'TEST-passcode'): Access {
  const credentials = { projectId, projectToken: 'TEST-token', projectPasscode };
  return new Access(new Partner({ partnerName: 'airbridge' }), parseCredentials(credentials));
}

class Person implements Entrant {
  lane: ListNode | undefined = undefined;
  waits = false;
  ahead: Entrant | undefined = undefined;
  behind: Entrant | undefined = undefined;
  expiresAt = Number.POSITIVE_INFINITY;
  attempts = 0;
  inside = false;
  refusal: Refusal | undefined = undefined;
  access: Access;
  readonly project: AdmittedProject;

  constructor(
    projectId: string,
    readonly name: string,
    private readonly then?: (self: Person) => void,
  ) {
    this.project = { projectId };
    this.access = accessTo(projectId);
  }

  get projectId(): string {
    return this.project.projectId;
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
    expect([this.inside, this.refusal]).toEqual([false, undefined]);
    this.inside = true;
    order.push(this.name);
    this.then?.(this);
  }
}

/** What came of a request of somebody inside, who leaves with it. */
function end(limiter: ConcurrencyLimiter, person: Person | undefined, result: AttemptSuccess | AttemptFailure): void {
  if (person?.inside !== true) throw new Error('nobody is there to end');
  person.inside = false;
  limiter.note(person, person.access, result, performance.now());
  limiter.leave(person);
}

const DELIVERED: AttemptSuccess = { kind: 'delivered', confirmed: true, status: 200 };

function failed(code: AttemptFailure['code'], retryAfterMs?: number): AttemptFailure {
  const nothing = { maybeRecorded: false, reset: false, status: undefined, text: '', causeCode: undefined };
  return { kind: 'failed', code, retryable: false, retryAfterMs, ...nothing };
}

/** Puts a project on hold by as many requests as that takes. */
function putOnHold(limiter: ConcurrencyLimiter, projectId: string): void {
  for (let count = 0; count < HOLD_AFTER; count += 1) {
    end(limiter, enter(limiter, projectId, 'refused')[0], failed('authentication'));
  }
  order = order.filter((name) => name !== 'refused');
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

  it('lets whoever has been in before go ahead of all who have not, in the order of their coming', () => {
    const limiter = limiterOf({ perProject: 1, total: 10 });
    const [first] = enter(limiter, 'A', 'a1');
    const leaveAtOnce = (person: Person) => limiter.leave(person);
    for (const [name, attempts] of [
      ['a2', 0],
      ['again1', 1],
      ['a3', 0],
      ['again2', 3],
      ['a4', 0],
    ] as const) {
      const person = new Person('A', name, leaveAtOnce);
      person.attempts = attempts;
      person.enter(limiter);
    }
    if (first !== undefined) limiter.leave(first);
    expect(order).toEqual(['a1', 'again1', 'again2', 'a2', 'a3', 'a4']);
    expect(limiter.projects).toBe(0);
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

describe('a project', () => {
  it('is not counted when nothing of it is inside or waits', () => {
    const limiter = limiterOf({ perProject: 1, total: 10 });
    const people = Array.from({ length: 1000 }, (_, index) => enter(limiter, `P${index}`, 'x')).flat();
    expect(limiter.projects).toBe(1000);
    for (const person of people) limiter.leave(person);
    expect(limiter.projects).toBeLessThanOrEqual(10);
    for (const person of people.slice(10)) limiter.withdraw(person);
    expect(limiter.projects).toBe(0);
  });

  it('finds its lane again when it comes back', () => {
    const limiter = limiterOf({ perProject: 1, total: 10 });
    const people = Array.from({ length: 1000 }, (_, index) => new Person(`P${index}`, 'x'));
    expect(lanesKept(limiter, people)).toBe(1000);
  });

  it('does not where there are more of them than 20,000 lanes are kept for', () => {
    const limiter = limiterOf({ perProject: 1, total: Number.POSITIVE_INFINITY });
    const people = Array.from({ length: 22_000 }, (_, index) => new Person(`P${index}`, 'x'));
    // All at once, so that there are more lanes than are kept.
    for (const person of people) expect(limiter.enter(person)).toBe(true);
    for (const person of people) limiter.leave(person);
    expect(limiter.projects).toBe(0);
    const others = Array.from({ length: 2000 }, (_, index) => new Person(`Q${index}`, 'x'));
    expect(lanesKept(limiter, [...people, ...others])).toBeLessThanOrEqual(20_000);
  });
});

/** How many come back to the lane that they had before, when all come and go one by one and then once more. */
function lanesKept(limiter: ConcurrencyLimiter, people: readonly Person[]): number {
  const comeAndGo = () =>
    people.map((person) => {
      expect(limiter.enter(person)).toBe(true);
      const { lane } = person;
      limiter.leave(person);
      return lane;
    });
  const before = comeAndGo();
  return comeAndGo().filter((lane, index) => lane === before[index]).length;
}

describe('a project whose account answers 429', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('gets fewer places, and the others theirs', () => {
    const limiter = limiterOf({ perProject: 4, total: 10 });
    const people = enter(limiter, 'A', 'a1', 'a2', 'a3', 'a4', 'a5', 'a6');
    end(limiter, people[0], failed('rate_limited'));
    // Three are inside still, more than the two that may be.
    expect(order).toEqual(['a1', 'a2', 'a3', 'a4']);
    end(limiter, people[1], failed('service_unavailable'));
    expect(order).toHaveLength(4);
    end(limiter, people[2], failed('service_unavailable'));
    expect(order.slice(4)).toEqual(['a5']);
    enter(limiter, 'B', 'b1', 'b2', 'b3', 'b4');
    expect(order.slice(5)).toEqual(['b1', 'b2', 'b3', 'b4']);
  });

  it('gets more places again, at once, when requests get through', () => {
    const limiter = limiterOf({ perProject: 2, total: 10 });
    const people = enter(limiter, 'A', ...Array.from({ length: 40 }, (_, index) => `a${index}`));
    end(limiter, people[0], failed('rate_limited'));
    end(limiter, people[1], DELIVERED);
    const most = () => people.filter((person) => person.inside).length;
    expect(most()).toBe(1);
    for (let index = 2; most() < 2; index += 1) end(limiter, people[index], DELIVERED);
    expect(most()).toBe(2);
  });

  it('is asked for nothing until Retry-After is over, while others go on', () => {
    const limiter = limiterOf({ perProject: 2, total: 2 });
    const [a1] = enter(limiter, 'A', 'a1', 'a2', 'a3', 'a4');
    const [b1] = enter(limiter, 'B', 'b1', 'b2', 'b3');
    end(limiter, a1, failed('rate_limited', 5000));
    expect(order).toEqual(['a1', 'a2', 'b1']);
    end(limiter, b1, DELIVERED);
    enter(limiter, 'A', 'a5');
    vi.advanceTimersByTime(4999);
    expect(order).toEqual(['a1', 'a2', 'b1', 'b2']);
    vi.advanceTimersByTime(1);
    // Nobody has to come or go for that. One of the two that may be inside is still there, so nobody else comes in.
    expect([order.length, limiter.projects]).toEqual([4, 2]);
  });

  it('goes on as well where its pause ends just while somebody looks for how long it is', () => {
    const limiter = limiterOf({ perProject: 1, total: 10 });
    const [a1, a2] = enter(limiter, 'A', 'a1', 'a2');
    end(limiter, a1, failed('rate_limited', 5000));
    // Each look at the clock is a second later than the one before.
    let now = performance.now() + 4000;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 1000));
    limiter.withdraw(a2 as Person);
    enter(limiter, 'A', 'a3');
    clock.mockRestore();
    vi.advanceTimersByTime(10_000);
    expect(order).toEqual(['a1', 'a3']);
  });

  it('lets somebody in whose pause ends just while they come, though nobody else is there', () => {
    for (const leftMs of [1, 2, 3, 4]) {
      order = [];
      const limiter = limiterOf({ perProject: 1, total: 10 });
      const [a1] = enter(limiter, 'A', 'a1');
      end(limiter, a1, failed('rate_limited', 5000));
      // Each look at the clock is a millisecond later than the one before.
      let now = performance.now() + 5000 - leftMs;
      const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 1) - 1);
      enter(limiter, 'A', 'a2');
      clock.mockRestore();
      vi.advanceTimersByTime(10_000);
      expect(order).toEqual(['a1', 'a2']);
    }
  });

  it('loses its turn when it is paused while others use up the total', () => {
    const limiter = limiterOf({ perProject: 3, total: 2 });
    const [a1] = enter(limiter, 'A', 'a1');
    enter(limiter, 'B', 'b1');
    enter(limiter, 'A', 'a2');
    end(limiter, a1, failed('rate_limited', 5000));
    expect(order).toEqual(['a1', 'b1']);
    vi.advanceTimersByTime(5000);
    expect(order).toEqual(['a1', 'b1', 'a2']);
  });

  it('goes on by itself when its time is over, in order', () => {
    const limiter = limiterOf({ perProject: 4, total: 10 });
    const [a1] = enter(limiter, 'A', 'a1');
    end(limiter, a1, failed('rate_limited', 5000));
    enter(limiter, 'A', 'a2', 'a3', 'a4');
    vi.advanceTimersByTime(4999);
    expect([order, limiter.projects]).toEqual([['a1'], 1]);
    vi.advanceTimersByTime(1);
    expect(order).toEqual(['a1', 'a2', 'a3']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('waits longer when it is told to meanwhile', () => {
    const limiter = limiterOf({ perProject: 4, total: 10 });
    const [a1, a2] = enter(limiter, 'A', 'a1', 'a2');
    end(limiter, a1, failed('rate_limited', 1000));
    enter(limiter, 'A', 'a3');
    vi.advanceTimersByTime(500);
    end(limiter, a2, failed('rate_limited', 2000));
    vi.advanceTimersByTime(1999);
    expect(order).toEqual(['a1', 'a2']);
    vi.advanceTimersByTime(1);
    expect(order).toEqual(['a1', 'a2', 'a3']);
  });

  it('takes its turn behind those of others when its time is over', () => {
    const limiter = limiterOf({ perProject: 1, total: 1 });
    const [a1] = enter(limiter, 'A', 'a1', 'a2');
    const [b1] = enter(limiter, 'B', 'b1', 'b2');
    const [c1] = enter(limiter, 'C', 'c1');
    end(limiter, a1, failed('rate_limited', 1000));
    vi.advanceTimersByTime(1000);
    end(limiter, b1, DELIVERED);
    expect(order).toEqual(['a1', 'b1', 'c1']);
    end(limiter, c1, DELIVERED);
    expect(order).toEqual(['a1', 'b1', 'c1', 'a2']);
  });

  it('refuses those at once whose time is up before its pause is over', () => {
    const limiter = limiterOf({ perProject: 4, total: 10 });
    const [a1] = enter(limiter, 'A', 'a1');
    end(limiter, a1, failed('rate_limited', 5000));
    const [hurried, patient] = [new Person('A', 'hurried'), new Person('A', 'patient')];
    hurried.expiresAt = performance.now() + 5000;
    patient.expiresAt = performance.now() + 5001;
    for (const person of [hurried, patient]) person.enter(limiter);
    expect(hurried.refusal).toEqual({ kind: 'pause', leftMs: 5000 });
    expect(patient.refusal).toBeUndefined();
    vi.advanceTimersByTime(5000);
    expect(order).toEqual(['a1', 'patient']);
  });

  it('leaves no timer behind when nobody waits for the end of its pause any more', () => {
    const limiter = limiterOf({ perProject: 4, total: 10 });
    const [a1] = enter(limiter, 'A', 'a1');
    end(limiter, a1, failed('rate_limited', 5000));
    expect([vi.getTimerCount(), limiter.projects]).toEqual([0, 0]);
    const [a2, a3] = enter(limiter, 'A', 'a2', 'a3');
    expect(vi.getTimerCount()).toBe(1);
    if (a2 !== undefined) limiter.withdraw(a2);
    expect(vi.getTimerCount()).toBe(1);
    if (a3 !== undefined) limiter.withdraw(a3);
    expect([vi.getTimerCount(), limiter.projects]).toEqual([0, 0]);
  });

  it('leaves no timer behind either while one of it is inside', () => {
    const limiter = limiterOf({ perProject: 4, total: 10 });
    const [a1] = enter(limiter, 'A', 'a1', 'stays');
    end(limiter, a1, failed('rate_limited', 5000));
    const [a2] = enter(limiter, 'A', 'a2');
    if (a2 !== undefined) limiter.withdraw(a2);
    expect([vi.getTimerCount(), limiter.projects]).toEqual([0, 1]);
  });

  it('is not remembered any more once it is well again', () => {
    const newHealth = vi.fn((id: string) => new ProjectHealth(id, 1, backOff, new Observer(undefined), () => 1));
    const limiter = new ConcurrencyLimiter({ perProject: 1, total: 10 }, newHealth);
    const refuse = () => {
      end(limiter, enter(limiter, 'A', 'a')[0], failed('rate_limited'));
      vi.advanceTimersByTime(1000);
    };
    const deliver = () => end(limiter, enter(limiter, 'A', 'a')[0], DELIVERED);
    deliver();
    expect(newHealth).toHaveBeenCalledTimes(0);
    refuse();
    refuse();
    expect(newHealth).toHaveBeenCalledTimes(1);
    deliver();
    refuse();
    expect(newHealth).toHaveBeenCalledTimes(2);
  });

  it('leaves no timer behind after a halt', () => {
    const limiter = limiterOf({ perProject: 4, total: 10 });
    const [a1] = enter(limiter, 'A', 'a1');
    end(limiter, a1, failed('rate_limited', 5000));
    enter(limiter, 'A', 'a2');
    limiter.halt();
    enter(limiter, 'A', 'a3');
    expect(vi.getTimerCount()).toBe(0);
    expect(order).toEqual(['a1']);
  });

  it('is still in trouble when it comes back after nothing of it was there', () => {
    const limiter = limiterOf({ perProject: 4, total: 10 });
    const [a1] = enter(limiter, 'A', 'a1');
    end(limiter, a1, failed('rate_limited', 1000));
    expect(limiter.projects).toBe(0);
    enter(limiter, 'A', 'a2', 'a3', 'a4');
    expect(order).toEqual(['a1']);
    vi.advanceTimersByTime(1000);
    expect(order).toEqual(['a1', 'a2', 'a3']);
  });

  it('is left alone for as long as it asked, however much trouble others have meanwhile', () => {
    const limiter = limiterOf({ perProject: 4, total: 10 });
    end(limiter, enter(limiter, 'A', 'a1')[0], failed('rate_limited', 3_600_000));
    vi.advanceTimersByTime(3_000_000);
    end(limiter, enter(limiter, 'B', 'b1')[0], failed('rate_limited'));
    enter(limiter, 'A', 'a2');
    expect(order).toEqual(['a1', 'b1']);
    vi.advanceTimersByTime(600_000);
    expect(order).toEqual(['a1', 'b1', 'a2']);
  });
});

describe('a project on hold', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('refuses those who wait and those to come with the same credentials, and lets others in', () => {
    const limiter = limiterOf({ perProject: 5, total: 100 });
    const inside = enter(limiter, 'A', 'a1', 'a2', 'a3', 'a4', 'a5');
    const waiting = ['w1', 'w2', 'o1', 'w3'].map((name) => {
      const person = new Person('A', name);
      if (name === 'o1') person.access = accessTo('A', 'other-passcode');
      return person.enter(limiter);
    });
    for (const person of inside.slice(0, 4)) {
      person.inside = false;
      limiter.note(person, person.access, failed('authentication'), 0);
    }
    expect(waiting.map(({ refusal }) => refusal)).toEqual(Array(4).fill(undefined));
    const [, , , , fifth] = inside;
    if (fifth !== undefined) limiter.note(fifth, fifth.access, failed('authentication'), 0);
    expect(waiting.map(({ refusal }) => refusal?.kind)).toEqual(['hold', 'hold', undefined, 'hold']);
    for (const person of inside) limiter.leave(person);
    expect(order.slice(5)).toEqual(['o1']);
    const [late] = enter(limiter, 'A', 'late');
    const other = new Person('A', 'other');
    other.access = accessTo('A', 'other-passcode');
    other.enter(limiter);
    enter(limiter, 'B', 'b1');
    expect(late?.refusal).toMatchObject({ kind: 'hold', hold: { refusals: 5, code: 'authentication' } });
    expect(order.slice(5)).toEqual(['o1', 'other', 'b1']);
    expect(limiter.heldProjects).toBe(1);
  });

  it('is tried again by one request when the hold is over, and held again by one more refusal', () => {
    const limiter = limiterOf({ perProject: 5, total: 10 });
    putOnHold(limiter, 'A');
    vi.advanceTimersByTime(HOLD_MS - 1);
    expect([enter(limiter, 'A', 'early')[0]?.refusal?.kind, limiter.projects]).toEqual(['hold', 0]);
    vi.advanceTimersByTime(1);
    const [again, waits] = enter(limiter, 'A', 'again', 'waits');
    expect([limiter.heldProjects, order]).toEqual([0, ['again']]);
    end(limiter, again, failed('authentication'));
    expect([limiter.heldProjects, waits?.refusal?.kind, limiter.projects]).toEqual([1, 'hold', 0]);
  });

  it('has all its places again once that request got through', () => {
    const limiter = limiterOf({ perProject: 3, total: 10 });
    putOnHold(limiter, 'A');
    vi.advanceTimersByTime(HOLD_MS);
    const [first] = enter(limiter, 'A', 'a1', 'a2', 'a3', 'a4', 'a5');
    expect(order).toEqual(['a1']);
    end(limiter, first, DELIVERED);
    expect(order).toEqual(['a1', 'a2', 'a3', 'a4']);
  });

  it('lets the next one try where that request tells nothing of the credentials', () => {
    const limiter = limiterOf({ perProject: 3, total: 10 });
    putOnHold(limiter, 'A');
    vi.advanceTimersByTime(HOLD_MS);
    const [first] = enter(limiter, 'A', 'a1', 'a2', 'a3');
    end(limiter, first, failed('network'));
    expect(order).toEqual(['a1', 'a2']);
  });

  it('is free again when its credentials are replaced', () => {
    const limiter = limiterOf({ perProject: 1, total: 10 });
    putOnHold(limiter, 'A');
    limiter.release(accessTo('A', 'next-passcode'));
    expect(enter(limiter, 'A', 'a1')[0]?.refusal).toBeUndefined();
    expect(limiter.heldProjects).toBe(0);
    limiter.release(accessTo('never-seen'));
  });

  it('can be released after ten minutes of refusals, whatever trouble others have', () => {
    const limiter = limiterOf({ perProject: 2, total: 10 });
    const [stays] = enter(limiter, 'A', 'stays');
    for (let minute = 0; minute < 15; minute += 1) {
      if (minute === 0) putOnHold(limiter, 'A');
      else end(limiter, enter(limiter, 'A', 'again')[0], failed('authentication'));
      end(limiter, enter(limiter, `B${minute}`, 'b')[0], failed('rate_limited'));
      expect(limiter.heldProjects).toBe(1);
      vi.advanceTimersByTime(HOLD_MS);
    }
    end(limiter, enter(limiter, 'A', 'again')[0], failed('authentication'));
    limiter.release(accessTo('A', 'next-passcode'));
    expect([limiter.heldProjects, enter(limiter, 'A', 'free')[0]?.refusal]).toEqual([0, undefined]);
    if (stays !== undefined) limiter.leave(stays);
  });

  it('is not held again by late refusals of credentials that were replaced', () => {
    const limiter = limiterOf({ perProject: 2 * HOLD_AFTER, total: 100 });
    const people = enter(limiter, 'A', ...Array.from({ length: 2 * HOLD_AFTER }, (_, index) => `a${index}`));
    const old = accessTo('A');
    for (const [index, person] of people.entries()) {
      if (index === HOLD_AFTER) {
        limiter.release(accessTo('A', 'next-passcode'));
        for (const each of people) each.access = accessTo('A', 'next-passcode');
      }
      limiter.note(person, old, failed('authentication'), 0);
      limiter.leave(person);
      expect(limiter.heldProjects).toBe(index === HOLD_AFTER - 1 ? 1 : 0);
    }
  });

  it('survives one who gives up when another is told', () => {
    const limiter = limiterOf({ perProject: 1, total: 10 });
    for (let count = 1; count < HOLD_AFTER; count += 1) {
      end(limiter, enter(limiter, 'A', 'x')[0], failed('authentication'));
    }
    const [last] = enter(limiter, 'A', 'last');
    const second = new Person('A', 'second');
    const first = new Person('A', 'first');
    first.onRefused = () => limiter.withdraw(second);
    first.enter(limiter);
    second.enter(limiter);
    end(limiter, last, failed('authentication'));
    expect([second.refusal, limiter.projects]).toEqual([undefined, 0]);
  });
});

describe('whoever waits', () => {
  it('does so for their own project, or for the total', () => {
    const limiter = limiterOf({ perProject: 1, total: 2 });
    const [a1, a2] = enter(limiter, 'A', 'a1', 'a2');
    enter(limiter, 'B', 'b1');
    const [c1] = enter(limiter, 'C', 'c1');
    const waitsForProject = [a1, a2, c1].map((person) => person !== undefined && limiter.waitsForProject(person));
    expect(waitsForProject).toEqual([false, true, false]);
    expect(limiter.waitsForProject(new Person('A', 'never came'))).toBe(false);
  });
});

describe('a listener for room', () => {
  it('is called once, when the total leaves room', () => {
    const limiter = limiterOf({ perProject: 5, total: 2 });
    const [a1, a2] = enter(limiter, 'A', 'a1', 'a2');
    const listener = vi.fn();
    limiter.onceRoom(listener);
    expect([limiter.hasTotalRoom, listener.mock.calls.length]).toEqual([false, 0]);
    end(limiter, a1, DELIVERED);
    expect([limiter.hasTotalRoom, listener.mock.calls.length]).toEqual([true, 1]);
    end(limiter, a2, DELIVERED);
    expect(listener).toHaveBeenCalledTimes(1);
  });

  it('is not called where somebody who waits takes the room', () => {
    const limiter = limiterOf({ perProject: 5, total: 1 });
    const [a1, a2] = enter(limiter, 'A', 'a1', 'a2');
    const listener = vi.fn();
    limiter.onceRoom(listener);
    end(limiter, a1, DELIVERED);
    expect([order, listener.mock.calls.length]).toEqual([['a1', 'a2'], 0]);
    end(limiter, a2, DELIVERED);
    expect(listener).toHaveBeenCalledTimes(1);
  });

  it('is called where those who wait cannot take it', () => {
    const limiter = limiterOf({ perProject: 1, total: 2 });
    enter(limiter, 'A', 'a1', 'a2');
    const [b1] = enter(limiter, 'B', 'b1');
    const listener = vi.fn();
    limiter.onceRoom(listener);
    end(limiter, b1, DELIVERED);
    expect(listener).toHaveBeenCalledTimes(1);
  });

  it('may fill the room and listen again', () => {
    const limiter = limiterOf({ perProject: 5, total: 1 });
    const people = enter(limiter, 'A', 'a1');
    const listen = () => {
      limiter.onceRoom(() => {
        people.push(...enter(limiter, 'B', 'b'));
        listen();
      });
    };
    listen();
    for (let count = 0; count < 5; count += 1) end(limiter, people[count], DELIVERED);
    expect(order).toEqual(['a1', 'b', 'b', 'b', 'b', 'b']);
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

it('gives everybody a place or an answer in the end, whatever trouble the projects are in', () => {
  const trouble = fc.constantFrom(
    DELIVERED,
    DELIVERED,
    failed('rate_limited'),
    failed('rate_limited', 3000),
    failed('authentication'),
    failed('service_unavailable'),
  );
  const projectId = fc.constantFrom('A', 'B', 'C');
  const passcode = fc.constantFrom('TEST-passcode', 'TEST-passcode', 'other-passcode');
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('enter' as const), projectId, passcode }) },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('end' as const), at: fc.nat(7), result: trouble }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('withdraw' as const), at: fc.nat(7) }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 700, 3000, 60_000) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('replace' as const), projectId, passcode }) },
  );
  const limits = fc.record({ perProject: fc.integer({ min: 1, max: 6 }), total: fc.integer({ min: 1, max: 8 }) });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  try {
    fc.assert(
      fc.property(limits, fc.array(step, { maxLength: 150 }), ({ perProject, total }, story) => {
        const limiter = limiterOf({ perProject, total });
        const people: Person[] = [];
        const gone = new Set<Person>();
        const inside = (id?: string) =>
          people.filter((each) => each.inside && (id ?? each.projectId) === each.projectId);
        const waiting = () => people.filter((each) => !each.inside && !gone.has(each) && each.refusal === undefined);
        const leave = (person: Person, result: AttemptSuccess | AttemptFailure) => {
          gone.add(person);
          end(limiter, person, result);
        };
        const check = () => {
          expect(inside().length).toBeLessThanOrEqual(total);
          for (const id of ['A', 'B', 'C']) expect(inside(id).length).toBeLessThanOrEqual(perProject);
          expect(limiter.projects).toBe(new Set([...inside(), ...waiting()].map((each) => each.projectId)).size);
          // Who waits has somebody inside whose leaving is their turn, or a timer that brings it.
          if (waiting().length > 0 && inside().length === 0) expect(vi.getTimerCount()).toBeGreaterThan(0);
        };
        for (const move of story) {
          if (move.do === 'enter') {
            const person = new Person(move.projectId, `${move.projectId}${people.length}`);
            person.access = accessTo(move.projectId, move.passcode);
            people.push(person);
            person.enter(limiter);
          }
          if (move.do === 'end') for (const one of inside().slice(move.at, move.at + 1)) leave(one, move.result);
          if (move.do === 'withdraw') {
            for (const person of waiting().slice(move.at, move.at + 1)) {
              gone.add(person);
              limiter.withdraw(person);
            }
          }
          if (move.do === 'wait') vi.advanceTimersByTime(move.ms);
          if (move.do === 'replace') limiter.release(accessTo(move.projectId, move.passcode));
          check();
        }
        for (let round = 0; inside().length + waiting().length > 0 && round < 2000; round += 1) {
          for (const person of inside().slice(0, 1)) leave(person, DELIVERED);
          if (inside().length === 0) vi.advanceTimersByTime(3000);
          check();
        }
        expect([waiting(), limiter.projects, vi.getTimerCount()]).toEqual([[], 0, 0]);
      }),
      { numRuns: 200 },
    );
  } finally {
    vi.useRealTimers();
  }
});
