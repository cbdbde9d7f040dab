import { z } from 'zod';
import { isReservedParameter } from './parameters.js';

/** A value of an extra parameter; `undefined` and `null` are left out, an empty string is kept. */
export type ParamValue = string | number | boolean | bigint | null | undefined;

/** Extra parameters beside the protocol's own, passed to CleverTap as they are. */
export type Params = Readonly<Record<string, ParamValue>>;

/** Checks extra parameters and gives their wire texts, in the caller's order, in an object without a prototype. */
export const paramsSchema = z.transform<Params | undefined, Readonly<Record<string, string>>>(
  (input: unknown, context) => {
    if (input === undefined || input === null) return NO_PARAMS;
    // By its tag, since a Map, Set or URLSearchParams has no keys of its own and would vanish without a word.
    if (Object.prototype.toString.call(input) !== '[object Object]') {
      context.issues.push({ code: 'custom', input: undefined, message: 'params must be a plain object' });
      return NO_PARAMS;
    }
    const texts = Object.create(null) as Record<string, string>;
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

const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze(Object.create(null) as Record<string, string>);

function nameProblem(name: string): string | undefined {
  if (name === '') return 'a parameter needs a name';
  if (isReservedParameter(name)) return 'is a parameter of the protocol itself; set it through its own field';
  if (!name.isWellFormed()) return 'the name holds a lone surrogate, which has no UTF-8 form';
  return undefined;
}

function valueProblem(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed() ? undefined : 'holds a lone surrogate, which has no UTF-8 form';
    case 'number':
      return Number.isFinite(value) ? undefined : 'must be a finite number';
    case 'boolean':
    case 'bigint':
      return undefined;
    default:
      return 'must be a string, number, boolean or bigint';
  }
}
