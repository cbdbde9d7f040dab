/**
 * Names of attributes. Those of the semantic conventions are written out rather than imported, as some of their package's
 * are not stable; no URL is among them but its path, since the query holds the credentials.
 */
export const ATTRIBUTE = {
  method: 'http.request.method',
  resendCount: 'http.request.resend_count',
  status: 'http.response.status_code',
  address: 'server.address',
  port: 'server.port',
  path: 'url.path',
  errorType: 'error.type',
  region: 'clevertap.region',
  projectId: 'clevertap.project.id',
  eventType: 'clevertap.event.type',
  outcome: 'clevertap.outcome',
  attempts: 'clevertap.attempts',
  retryDelayMs: 'clevertap.retry.delay_ms',
  confirmed: 'clevertap.confirmed',
  maybeRecorded: 'clevertap.maybe_recorded',
  maybeDuplicate: 'clevertap.maybe_duplicate',
  outbox: 'clevertap.outbox.name',
  outboxState: 'clevertap.outbox.state',
} as const;

/** Address and port of a host as notices name it; a port that is the scheme's default is left out. */
export function serverAttributes(host: string): Record<string, string | number> {
  // An IPv6 address stands in brackets, which are the URL's.
  const bracket = host.lastIndexOf(']');
  const colon = host.indexOf(':', bracket + 1);
  const name = colon < 0 ? host : host.slice(0, colon);
  const attributes: Record<string, string | number> = { [ATTRIBUTE.address]: bracket < 0 ? name : name.slice(1, -1) };
  if (colon >= 0) attributes[ATTRIBUTE.port] = Number(host.slice(colon + 1));
  return attributes;
}
