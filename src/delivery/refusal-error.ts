import { AuthenticationError, RateLimitError, type AnyAttributionError, type ErrorDetails } from '../errors.js';
import type { Refusal } from './admission.js';

/** The error of an event that got no place, since its project is on hold or paused. */
export function refusalError(refusal: Refusal, details: ErrorDetails): AnyAttributionError {
  const project = `project ${details.projectId}`;
  if (refusal.kind === 'pause') {
    const { leftMs } = refusal;
    const message = `the account of ${project} answered 429 and is left alone for another ${seconds(leftMs)}, longer than what is left of deadlineMs`;
    return new RateLimitError(message, { ...details, retryAfterMs: Math.ceil(leftMs) });
  }
  const { refusals, code, endsAt } = refusal.hold;
  const [what, remedy] =
    code === 'authentication'
      ? ['its credentials were refused', 'replace them with replaceCredentials()']
      : ['the partner is not whitelisted for it, it was told', 'ask CleverTap to whitelist the partner name'];
  const message = `${project} is on hold, as ${what} ${refusals} times in a row: ${remedy}; it is tried again in ${seconds(endsAt - performance.now())}`;
  return new AuthenticationError(message, details);
}

function seconds(ms: number): string {
  return `${Math.max(1, Math.ceil(ms / 1000))} s`;
}
