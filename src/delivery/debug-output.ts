import { debuglog } from 'node:util';

/** Warns, as a process warning, where `NODE_DEBUG` has undici print the URLs of requests, credentials included. */
export function warnOfDebugOutput(): void {
  const names = ['undici', 'fetch', 'websocket'].filter((name) => debuglog(name).enabled);
  if (names.length === 0) return;
  process.emitWarning(
    `NODE_DEBUG=${names.join(',')} prints the URL of every request to standard error, with the token and passcode in it`,
    'ClevertapAttributionWarning',
  );
}
