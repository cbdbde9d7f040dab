import { VERSION } from '../version.js';

/** Headers of every request, names and values by turns as undici takes them. Nothing secret is ever among them. */
export const REQUEST_HEADERS: string[] = [
  'accept',
  'application/json',
  'user-agent',
  `clevertap-attribution/${VERSION} node/${process.versions.node}`,
];
