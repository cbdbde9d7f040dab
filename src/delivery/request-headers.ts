import { VERSION } from '../version.js';

/**
 * Headers of every request beside those that HTTP asks for, names and values by turns as undici takes them. Nothing secret is
 * ever among them. No `accept`, since the endpoint has one form of answer: each header costs, and is sent with every event.
 */
export const REQUEST_HEADERS: string[] = [
  'user-agent',
  `clevertap-attribution/${VERSION} node/${process.versions.node}`,
];
