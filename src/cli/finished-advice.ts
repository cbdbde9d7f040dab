import { NO_CREDENTIALS } from './failure-reason.js';
import type { Tally } from './tally.js';

/** The files of what a run did not deliver, where they are still there. */
export interface UndeliveredFiles {
  readonly rejected: string | undefined;
  readonly failed: string | undefined;
}

/** What to do after a run that has finished: first what sends nothing twice, then what --restart would do. */
export function adviseAfterEnd({ failed, rejected }: UndeliveredFiles, tally: Tally): string {
  const { delivered } = tally.totals;
  const when = lackedCredentials(tally) ? ', once the credentials that were missing are there' : '';
  const rest = [
    ...(failed === undefined ? [] : [`"forward ${failed} …" for what failed${when}`]),
    ...(rejected === undefined ? [] : [`"forward ${rejected} …" for what was rejected, once it is mended`]),
  ];
  const events = `${delivered} ${delivered === 1 ? 'event' : 'events'}`;
  const twice = delivered === 0 ? '' : `, also what was delivered (${events} would be sent twice)`;
  const restart = `--restart sends everything again${twice}.`;
  return rest.length === 0 ? restart : `Give ${rest.join(', and ')}. ${restart}`;
}

/** Whether records failed since there were no credentials of their project. */
export function lackedCredentials({ byReason }: Tally): boolean {
  return byReason.some(([reason]) => reason === `failed: ${NO_CREDENTIALS}`);
}
