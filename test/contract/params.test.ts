import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { RESERVED_PARAMETERS } from '../../src/contract/parameters.js';
import { paramsSchema } from '../../src/contract/params.js';
import { validate } from '../../src/contract/validate.js';
import { problemsOf } from './problems-of.js';

function parse(params: unknown) {
  return validate(paramsSchema, params, 'params');
}

/** Entries, since a comparison of objects overlooks their order. */
function entriesOf(params: unknown) {
  return Object.entries(parse(params));
}

describe('paramsSchema', () => {
  it.each([7, { platform: 'ios' }])('calls every problem a custom one, for whoever tells them apart (%j)', (params) => {
    expect(paramsSchema.safeParse(params).error?.issues.map(({ code }) => code)).toEqual(['custom']);
  });

  it('gives texts in the order of the caller', () => {
    expect(entriesOf({ price: 12.5, items: 'shoes', first: true, last: false, id: 9007199254740993n })).toEqual([
      ['price', '12.5'],
      ['items', 'shoes'],
      ['first', 'true'],
      ['last', 'false'],
      ['id', '9007199254740993'],
    ]);
  });

  it('keeps texts as they are, spaces and the empty one included', () => {
    expect(entriesOf({ android_id: '', city: ' Mumbai ', price: '12.00' })).toEqual([
      ['android_id', ''],
      ['city', ' Mumbai '],
      ['price', '12.00'],
    ]);
  });

  it('keeps zero and false, which are values', () => {
    expect(entriesOf({ zero: 0, minus: -0, no: false, big: 0n })).toEqual([
      ['zero', '0'],
      ['minus', '0'],
      ['no', 'false'],
      ['big', '0'],
    ]);
  });

  it('leaves out null and undefined', () => {
    expect(entriesOf({ a: null, b: undefined, c: 'c' })).toEqual([['c', 'c']]);
  });

  it.each([undefined, null, {}])('gives no parameters for %j', (params) => {
    expect(entriesOf(params)).toEqual([]);
  });

  it('cannot be changed from one event to another', () => {
    expect(Object.isFrozen(parse(undefined))).toBe(true);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('refuses %d', (value) => {
    expect(problemsOf(() => parse({ price: value }))).toEqual([
      `price: must be a finite number, but ${Number.isNaN(value) ? 'NaN' : 'an infinite number'} was given`,
    ]);
  });

  it.each([
    ['an object', {}],
    ['a list', ['a']],
    ['a Date', new Date(0)],
    ['a function', () => 'a'],
    ['a symbol', Symbol('a')],
    ['a boxed text', Object('a') as unknown],
  ])('refuses %s as a value', (_, value) => {
    expect(problemsOf(() => parse({ a: value }))).toEqual([
      expect.stringMatching(/^a: must be a text, number, boolean or bigint, but .+ was given; /),
    ]);
  });

  it.each([
    ['a text', 'a=b'],
    ['a number', 1],
    ['a list', [['a', 'b']]],
    ['a Map', new Map([['a', 'b']])],
    ['a Set', new Set(['a'])],
    ['URLSearchParams, which would vanish', new URLSearchParams('a=b')],
    ['Headers, which would vanish', new Headers({ a: 'b' })],
    ['a Date', new Date(0)],
    ['a function', () => ({})],
  ])('refuses %s in place of an object', (_, params) => {
    expect(problemsOf(() => parse(params))).toEqual([
      expect.stringMatching(/^: must be a plain object of names and values, but (?!an object was).+ was given$/),
    ]);
  });

  it('takes objects without a prototype, of a class and from another realm', () => {
    class City {
      city = 'Mumbai';
    }
    const bare = Object.assign(Object.create(null) as object, { city: 'Mumbai' });
    for (const params of [bare, new City(), runInNewContext('({ city: "Mumbai" })')]) {
      expect(entriesOf(params)).toEqual([['city', 'Mumbai']]);
    }
  });

  describe.each(RESERVED_PARAMETERS)('%s', (name) => {
    it.each([name, name.toUpperCase(), name.charAt(0).toUpperCase() + name.slice(1), ` ${name} `, `${name}\n`])(
      'is refused as %j: an event never overwrites the protocol',
      (written) => {
        expect(problemsOf(() => parse({ [written]: 'x', city: 'Mumbai' }))).toEqual([
          `${written}: is a parameter of the protocol itself; set it through its own field`,
        ]);
      },
    );
  });

  it('refuses a parameter without a name', () => {
    expect(problemsOf(() => parse({ '': 'x' }))).toEqual([
      ': is a parameter without a name: give it one, or leave it out',
    ]);
  });

  it('refuses lone surrogates in names and values', () => {
    expect(problemsOf(() => parse({ '\ud800': 'x' }))).toEqual([expect.stringContaining('lone surrogate')]);
    expect(problemsOf(() => parse({ a: 'x\udfff' }))).toEqual([expect.stringMatching(/^a: .*lone surrogate/)]);
    expect(entriesOf({ '😀': '😀' })).toEqual([['😀', '😀']]);
  });

  it('says everything at once', () => {
    expect(problemsOf(() => parse({ a: Number.NaN, b: {}, account_id: 'x', c: '\ud800', fine: 1 }))).toHaveLength(4);
  });

  it('carries __proto__ and its like as names, and pollutes nothing', () => {
    const json = '{"__proto__":"p","constructor":"c","toString":"t","hasOwnProperty":"h"}';
    const parsed = parse(JSON.parse(json));
    expect(Object.entries(parsed)).toEqual([
      ['__proto__', 'p'],
      ['constructor', 'c'],
      ['toString', 't'],
      ['hasOwnProperty', 'h'],
    ]);
    const inherited = Object.getPrototypeOf(parse({ a: 1 })) as object;
    expect([Reflect.ownKeys(inherited), Object.getPrototypeOf(inherited), Object.isFrozen(inherited)]).toEqual([
      [],
      null,
      true,
    ]);
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    expect({}.constructor).toBe(Object);
  });

  it('refuses an object under __proto__, instead of taking it for a prototype', () => {
    const params: unknown = JSON.parse('{"__proto__":{"account_id":"x"}}');
    expect(problemsOf(() => parse(params))).toEqual([expect.stringMatching(/^__proto__: must be a text/)]);
  });

  it('does not take what an object inherits', () => {
    expect(entriesOf(Object.create({ inherited: 'x' }))).toEqual([]);
  });
});
