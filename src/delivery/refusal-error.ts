import { AuthenticationError, RateLimitError, type AnyAttributionError, type ErrorDetails } from '../errors.js';
import type { Refusal } from './admission.js';
import type { Hold } from './authentication-hold.js';

/** The error of an event that got no place, since its project is on hold or paused. */
export function refusalError(refusal: Refusal, details: ErrorDetails): AnyAttributionError {
  const project = `project ${details.projectId}`;
  if (refusal.kind === 'pause') {
    const { leftMs } = refusal;
    const message = `the account of ${project} answered 429 and is left alone for another ${seconds(leftMs)}, longer than what is left of deadlineMs`;
    return new RateLimitError(message, { ...details, retryAfterMs: Math.ceil(leftMs) });
  }
  const { refusals, code, endsAt } = refusal.hold;
  const what =
    code === 'authentication' ? 'its credentials were refused' : 'the partner was refused as not whitelisted';
  const message = `${project} is on hold, as ${what} ${refusals} times in a row: ${holdRemedy(code)}; it is tried again in ${seconds(endsAt - performance.now())}`;
  return new AuthenticationError(message, details);
}

/** What ends a hold. */
export function holdRemedy(code: Hold['code']): string {
  return code === 'authentication'
    ? 'replace its credentials with replaceCredentials()'
    : 'ask CleverTap to whitelist the partner name, and then release it with replaceCredentials()';
}

function seconds(ms: number): string {
  return `${Math.max(1, Math.ceil(ms / 1000))} s`;
}
