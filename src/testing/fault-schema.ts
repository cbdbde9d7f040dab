import { z } from 'zod';
import { regions, type RegionCode } from '../contract/regions.js';
import type { Fault } from './fault.js';

// setTimeout takes anything longer for 1 ms.
const MAX_TIMER_MS = 2 ** 31 - 1;

const regionCodes = regions.map(({ code }) => code) as [RegionCode, ...RegionCode[]];

const headerValue = z.string().regex(/^[\x20-\x7e]+$/, 'must be printable ASCII, as a header is');
const notEmpty = z.string().min(1, 'must not be empty');

const retryAfter = z.union([z.int().min(0), headerValue], 'must be whole seconds or an HTTP date').optional();

const whenFields = {
  region: z.enum(regionCodes, `must be a region code: ${regionCodes.join(', ')}`).optional(),
  projectId: notEmpty.optional(),
  eventType: notEmpty.optional(),
  times: z.int().min(1).optional(),
  probability: z.number().min(0).max(1).optional(),
  forMs: z.number().positive().optional(),
};

const mayRecord = { ...whenFields, recorded: z.boolean().optional() };

const kinds = [
  z.strictObject({
    kind: z.literal('status'),
    status: z.int().min(200).max(599),
    body: z.string().optional(),
    retryAfter,
    ...mayRecord,
  }),
  z.strictObject({ kind: z.literal('parallel_limit'), most: z.int().min(1), retryAfter, ...whenFields }),
  z.strictObject({ kind: z.literal('latency'), ms: z.number().min(0).max(MAX_TIMER_MS), ...whenFields }),
  z.strictObject({ kind: z.literal('hang'), ...mayRecord }),
  z.strictObject({ kind: z.literal('stalled_body'), ...mayRecord }),
  z.strictObject({ kind: z.literal('broken_body'), ...mayRecord }),
  z.strictObject({ kind: z.literal('reset_before'), ...whenFields }),
  z.strictObject({ kind: z.literal('reset_after'), ...mayRecord }),
  z.strictObject({ kind: z.literal('empty_200'), ...mayRecord }),
  z.strictObject({ kind: z.literal('html_200'), ...mayRecord }),
  z.strictObject({
    kind: z.literal('fail_200'),
    code: z.int().optional(),
    error: z.string().optional(),
    status: z.enum(['fail', 'partial']).optional(),
    ...mayRecord,
  }),
  z.strictObject({ kind: z.literal('oversized_body'), bytes: z.int().min(0), ...mayRecord }),
  z.strictObject({ kind: z.literal('redirect'), location: headerValue, ...mayRecord }),
  z.strictObject({ kind: z.literal('garbage'), ...mayRecord }),
] as const;

function describeUnknownKind(): string {
  return `is not a known kind of fault; the kinds are ${kinds.map(({ shape }) => shape.kind.value).join(', ')}`;
}

/** Schema of a fault. */
export const faultSchema: z.ZodType<Fault> = z
  .discriminatedUnion('kind', kinds, {
    error: (issue: z.core.$ZodRawIssue) =>
      issue.code === 'invalid_type' ? 'must be an object' : describeUnknownKind(),
  })
  .check((context) => {
    const { times, probability, forMs } = context.value;
    const given = Object.entries({ times, probability, forMs }).filter(([, value]) => value !== undefined);
    if (given.length < 2) return;
    const names = given.map(([name]) => name).join(' and ');
    context.issues.push({ code: 'custom', input: undefined, message: `${names} exclude each other; give one` });
  });
