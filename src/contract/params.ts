import { z } from 'zod';
import { kindOf } from './kind-of-value.js';
import { isReservedParameter } from './parameters.js';
import { LONE_SURROGATE } from './text-problem.js';

/** A value of an extra parameter; `undefined` and `null` are left out, an empty string is kept. */
export type ParamValue = string | number | boolean | bigint | null | undefined;

/** Extra parameters beside the protocol's own, passed to CleverTap as they are. */
export type Params = Readonly<Record<string, ParamValue>>;

/**
 * Texts by name: `__proto__` and `constructor` are names like any other. One that has no prototype at all costs five times
 * as much to fill and to read, as V8 makes it a hash table.
 */
class Texts {
  [name: string]: string;

  static {
    delete (this.prototype as { constructor?: unknown }).constructor;
    Object.freeze(Object.setPrototypeOf(this.prototype, null));
  }
}

const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze(new Texts());

/** Checks extra parameters and gives their wire texts, in the caller's order, in an object that inherits nothing. */
export const paramsSchema = z.transform<Params | undefined, Readonly<Record<string, string>>>(
  (input: unknown, context) => {
    if (input === undefined || input === null) return NO_PARAMS;
    // By its tag, since a Map, Set or URLSearchParams has no keys of its own and would vanish without a word.
    if (Object.prototype.toString.call(input) !== '[object Object]') {
      context.issues.push({ code: 'custom', input: undefined, message: notPlainObject(input) });
      return NO_PARAMS;
    }
    const texts = new Texts();
    for (const name of Object.keys(input)) {
      const value = (input as Params)[name];
      if (value === undefined || value === null) continue;
      const problem = nameProblem(name) ?? valueProblem(value);
      if (problem === undefined) texts[name] = String(value);
      else context.issues.push({ code: 'custom', input: undefined, path: [name], message: problem });
    }
    return texts;
  },
);

function notPlainObject(value: unknown): string {
  const kind = kindOf(value);
  return `must be a plain object of names and values, but ${kind === 'an object' ? 'an object of another class' : kind} was given`;
}

function nameProblem(name: string): string | undefined {
  if (name === '') return 'is a parameter without a name: give it one, or leave it out';
  if (isReservedParameter(name)) return 'is a parameter of the protocol itself; set it through its own field';
  if (!name.isWellFormed()) return `has a name that ${LONE_SURROGATE}`;
  return undefined;
}

function valueProblem(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed() ? undefined : LONE_SURROGATE;
    case 'number':
      return Number.isFinite(value) ? undefined : `must be a finite number, but ${kindOf(value)} was given`;
    case 'boolean':
    case 'bigint':
      return undefined;
    default:
      return `must be a text, number, boolean or bigint, but ${kindOf(value)} was given; make a text of it, or parameters of its parts`;
  }
}
