import type { ContenderModule } from './contender.js';

/** The contenders, each loaded only in the process that measures it. */
export const contenders = {
  send: () => import('./send.js'),
  forward: () => import('./forward.js'),
  'undici dispatch': () => import('./undici-dispatch.js'),
  'undici request': () => import('./undici-request.js'),
  'hand-written': () => import('./hand-written.js'),
  fetch: () => import('./global-fetch.js'),
  axios: () => import('./axios.js'),
  got: () => import('./got.js'),
  ky: () => import('./ky.js'),
  'customerio-node': () => import('./customerio.js'),
} satisfies Readonly<Record<string, () => Promise<ContenderModule>>>;

/** Name of a contender. */
export type ContenderName = keyof typeof contenders;

/** What each of them does for one event. */
export const contenderTitles: Readonly<Record<ContenderName, string>> = {
  send: 'client.send()',
  forward: 'client.forward()',
  'undici dispatch': '(a) undici dispatch, constant path, JSON.parse',
  'undici request': '(b) undici request, constant path, body.json()',
  'hand-written': '(c) zod, URLSearchParams, p-retry, undici request',
  fetch: '(d) global fetch, constant URL, json()',
  axios: '(d) axios, constant URL',
  got: '(d) got, constant URL, json',
  ky: '(d) ky, constant URL, json()',
  'customerio-node': '(e) customerio-node track()',
};

const major = Number(process.versions.node.split('.')[0]);

function isSupported(name: ContenderName): boolean {
  return name !== 'customerio-node' || major >= 22;
}

const all = Object.keys(contenders) as ContenderName[];

/** The contenders that support the running Node. */
export const supportedContenders = all.filter(isSupported);

/** The contenders that do not. */
export const unsupportedContenders = all.filter((name) => !isSupported(name));
