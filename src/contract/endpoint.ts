import { regionByCode, type RegionCode } from './regions.js';

/** Other hosts than CleverTap's own: one URL for everything, or one for each of some regions (an emulator, a proxy). */
export type BaseUrl = string | Readonly<Partial<Record<RegionCode, string>>>;

/** Where the requests of a region go. */
export interface Endpoint {
  readonly region: RegionCode;
  /** Scheme, host and port. */
  readonly origin: string;
  /** Host, with the port where it is not the default. */
  readonly host: string;
  /** Path of the endpoint. */
  readonly path: string;
}

/** Resolves a region, with `baseUrl` replacing its host where it says so. */
export function resolveEndpoint(region: RegionCode, baseUrl?: BaseUrl): Endpoint {
  const base = (typeof baseUrl === 'string' ? baseUrl : baseUrl?.[region]) ?? `https://${regionByCode(region).host}`;
  const { origin, host, pathname } = new URL(base);
  return Object.freeze({ region, origin, host, path: `${withoutSlashesAtEnd(pathname)}/attribution` });
}

// Not a pattern such as /\/+$/, whose time grows with the square of the slashes.
function withoutSlashesAtEnd(path: string): string {
  let end = path.length;
  while (path[end - 1] === '/') end -= 1;
  return path.slice(0, end);
}

/** What is wrong with a base URL, or undefined. Plain HTTP is for loopback addresses, or with the explicit opt-in. */
export function baseUrlProblem(text: string, allowInsecureHttp: boolean): string | undefined {
  if (!URL.canParse(text)) return 'must be an absolute URL such as https://proxy.example';
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must begin with https:// or http://';
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or password';
  if (url.search !== '' || url.hash !== '') return 'must not have a query or a fragment';
  if (url.protocol === 'http:' && !allowInsecureHttp && !isLoopback(url.hostname)) {
    return 'plain http:// would send credentials unencrypted; use https://, or set allowInsecureHttp to accept that';
  }
  return undefined;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
