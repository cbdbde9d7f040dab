import { RESERVED_PARAMETERS, type ReservedParameter } from './parameters.js';

/** A query taken apart: the protocol's own parameters under their wire names, and the extra ones. */
export interface DecodedQuery {
  /** The protocol's own parameters that were there; the first of each, where one is repeated. */
  readonly reserved: Readonly<Partial<Record<ReservedParameter, string>>>;
  /** All other parameters in the order of the query, in an object without a prototype. */
  readonly params: Readonly<Record<string, string>>;
  /** Names that occur more than once. */
  readonly repeated: readonly string[];
}

const reservedNames: ReadonlySet<string> = new Set(RESERVED_PARAMETERS);

/**
 * Takes a query (or a path or URL with one) apart, as lenient as a server would be: a malformed percent sequence stays as
 * it is, a raw `+` is a space, a parameter without `=` is empty. Never throws.
 */
export function decodeQuery(url: string): DecodedQuery {
  const reserved = Object.create(null) as Record<string, string>;
  const params = Object.create(null) as Record<string, string>;
  const repeated = new Set<string>();
  const hash = url.indexOf('#');
  const beforeFragment = hash < 0 ? url : url.slice(0, hash);
  const mark = beforeFragment.indexOf('?');
  // A path without a query has none; anything else without a mark is a query by itself.
  const query = mark < 0 && beforeFragment.startsWith('/') ? '' : beforeFragment.slice(mark + 1);
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = percentDecode(equals < 0 ? pair : pair.slice(0, equals));
    const target = reservedNames.has(name) ? reserved : params;
    if (name in target) repeated.add(name);
    else target[name] = equals < 0 ? '' : percentDecode(pair.slice(equals + 1));
  }
  return { reserved, params, repeated: [...repeated] };
}

function percentDecode(text: string): string {
  const spaced = text.replaceAll('+', ' ');
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced.replace(/(?:%[0-9a-f]{2})+/gi, decodeRun);
  }
}

function decodeRun(run: string): string {
  try {
    return decodeURIComponent(run);
  } catch {
    return run;
  }
}
