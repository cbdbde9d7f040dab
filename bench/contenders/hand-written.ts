import type { AttributionEvent } from 'clevertap-attribution';
import pRetry, { AbortError } from 'p-retry';
import { Pool, request } from 'undici';
import { z } from 'zod';
import { sendInLanes } from '../load/send-in-lanes.js';
import type { Contender, ContenderOptions } from './contender.js';
import { expectSuccess } from './expect-success.js';
import { handWrittenPath } from './hand-written-query.js';

const eventSchema = z
  .object({
    type: z.enum(['inorganic_install', 'organic_install', 'custom']),
    name: z.string().min(1).optional(),
    deviceIdentifier: z.string().min(1),
    platform: z.enum(['android', 'ios']),
    timestamp: z.number().int().positive(),
    utmSource: z.string().min(1).optional(),
    utmMedium: z.string().min(1).optional(),
    utmCampaign: z.string().min(1).optional(),
    params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  })
  .refine(({ type, name }) => type !== 'custom' || name !== undefined, { path: ['name'] })
  .refine(({ type, utmSource, utmMedium, utmCampaign }) => {
    return type !== 'inorganic_install' || [utmSource, utmMedium, utmCampaign].every((field) => field !== undefined);
  });

/** What an engineer writes in an afternoon: zod, `URLSearchParams`, p-retry and `undici.request`. */
export function createContender({ origin, inFlight }: ContenderOptions): Contender {
  const dispatcher = new Pool(origin, { connections: inFlight });
  const send = async (event: AttributionEvent) => {
    const url = `${origin}${handWrittenPath(eventSchema.parse(event) as AttributionEvent)}`;
    await pRetry(
      async () => {
        const { statusCode, body } = await request(url, { dispatcher });
        if (statusCode >= 400) {
          await body.dump();
          const error = new Error(`CleverTap answered ${statusCode}`);
          throw statusCode === 429 || statusCode >= 500 ? error : new AbortError(error);
        }
        expectSuccess(await body.json());
      },
      { retries: 4, minTimeout: 500, maxTimeout: 30_000, randomize: true },
    );
  };
  return { run: (workload) => sendInLanes(workload, inFlight, send) };
}
