import { Access } from '../../src/contract/access.js';
import { parseCredentials } from '../../src/contract/credentials.js';
import { compileEventSchema } from '../../src/contract/event-schema.js';
import { Partner } from '../../src/contract/partner.js';
import { classifyResponse } from '../../src/contract/response.js';
import { validate } from '../../src/contract/validate.js';
import { CpuClock } from '../load/cpu-clock.js';
import { ACCOUNT, accountOf, PARTNER } from '../load/account.js';
import { sampleEvents } from '../load/sample-events.js';
import { bodyOf } from '../server/answers.js';

/**
 * Starts what validates, encodes and classifies, without sending anything.
 *
 * These steps have no public entry of their own, so this one is compiled from the sources, by the same compiler.
 */
export function start() {
  const schema = compileEventSchema({ utmPolicy: 'all' });
  const partner = new Partner({ partnerName: PARTNER });
  const access = new Access(partner, parseCredentials(ACCOUNT));
  const events = sampleEvents(1_000);
  const body = bodyOf(200);
  return Promise.resolve({
    /** CPU time per event, in microseconds. */
    measure: (count: number): number => {
      let delivered = 0;
      const clock = new CpuClock();
      for (let index = 0; index < count; index += 1) {
        const parsed = validate(schema, events[index % events.length], 'event', { projectId: ACCOUNT.projectId });
        const path = access.encode(parsed);
        if (path.length > 0 && classifyResponse(200, body).kind === 'delivered') delivered += 1;
      }
      const { cpuMicros } = clock.read();
      if (delivered !== count) throw new Error(`${delivered} of ${count} came through`);
      return cpuMicros / count;
    },
    /** CPU time per project, in microseconds, with all of them kept. */
    open: (count: number): number => {
      const accounts = Array.from({ length: count }, (_, index) => accountOf(`BENCH-${index}`));
      const clock = new CpuClock();
      const opened = accounts.map((account) => new Access(partner, parseCredentials(account)));
      const { cpuMicros } = clock.read();
      if (opened.some(({ projectId }) => projectId === '')) throw new Error('a project has no id');
      return cpuMicros / count;
    },
  });
}
