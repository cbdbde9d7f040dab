import { alikeKey } from '../contract/alike-key.js';
import { credentialTextProblem } from '../contract/credentials.js';
import type { CustomEvent } from '../contract/event.js';
import { nearKey } from '../contract/near-key.js';
import { notText } from '../contract/text-problem.js';
import { toSingleLine } from '../contract/text.js';
import type { ValidationIssue } from '../errors.js';
import type { ForwardItem } from '../forward/forward-result.js';

/** A record as files hold it: the event's keys, `projectId`, `id` and `params` on one level. */
export type FlatRecord = Readonly<Record<string, unknown>>;

/** What a record turns out to be: something to forward, or everything that is wrong with its keys. */
export type ReadRecord = { readonly item: ForwardItem } | { readonly issues: readonly ValidationIssue[] };

const EVENT_KEYS = [
  'type',
  'name',
  'deviceIdentifier',
  'platform',
  'timestamp',
  'utmSource',
  'utmMedium',
  'utmCampaign',
] as const satisfies readonly (keyof CustomEvent)[];

/** Those that are not the event's. */
const OWN_KEYS = ['projectId', 'id'] as const;

/** All keys that a record may have, `params` apart. */
export const RECORD_KEYS: ReadonlySet<string> = new Set([...EVENT_KEYS, ...OWN_KEYS]);

/** Keys that a record of any kind must have. */
export const REQUIRED_KEYS = ['type', 'deviceIdentifier', 'platform'] as const satisfies readonly (keyof CustomEvent)[];

/** Splits a flat record into the event and what goes with it; whether the event is valid is the client's business. */
export function readFlatRecord(record: object): ReadRecord {
  // Other unknown keys stay with the event, whose schema says what is wrong with them in the words that a caller gets.
  const { projectId, id, error, ...event } = record as FlatRecord;
  const issues: ValidationIssue[] = [];
  for (const [name, value] of Object.entries({ projectId, id })) {
    if (value !== undefined && value !== null && typeof value !== 'string')
      issues.push({ path: [name], message: notText(value) });
  }
  const project = textOf(projectId);
  // No credentials can be those of such a project, so that it would wait for them for ever.
  const problem = project === undefined ? undefined : credentialTextProblem(project);
  if (problem !== undefined) issues.push({ path: ['projectId'], message: problem });
  if (isNested(event))
    issues.push({ path: ['event'], message: 'a record is flat: write its keys beside projectId and id' });
  for (const key of Object.keys(event)) {
    const unknown = `unknown key "${toSingleLine(key, 80)}"`;
    const meant = alikeKey(key, OWN_KEYS);
    const near = meant ?? nearKey(key, OWN_KEYS);
    if (meant !== undefined) issues.push({ path: [], message: `${unknown}; write "${meant}"` });
    else if (near !== undefined) issues.push({ path: [], message: `${unknown} (did you mean "${near}"?)` });
  }
  if (issues.length > 0) return { issues };
  const given: object = error === undefined || isReason(error) ? event : { ...event, error };
  return { item: { event: given as ForwardItem['event'], projectId: project, id: textOf(id) } };
}

/** Whether somebody wrote the event as an object of its own, as `forward()` of the library takes it. */
function isNested({ event }: FlatRecord): boolean {
  return typeof event === 'object' && event !== null;
}

/** Whether a value is what this program puts beside the records that it gives back. */
function isReason(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    'code' in value &&
    typeof value.code === 'string' &&
    'message' in value &&
    typeof value.message === 'string'
  );
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/** Turns a row of CSV into a flat record: an empty cell is missing, a column `params.x` is the parameter `x`. */
export function recordFromRow(columns: readonly string[], cells: readonly string[]): FlatRecord {
  const record = new Map<string, unknown>();
  const params = new Map<string, string>();
  columns.forEach((column, index) => {
    const cell = cells[index] ?? '';
    if (cell === '' || column === 'error' || column.startsWith('error.')) return;
    if (column.startsWith('params.')) params.set(column.slice('params.'.length), cell);
    else record.set(column, cell);
  });
  if (params.size > 0) record.set('params', Object.fromEntries(params));
  return Object.fromEntries(record);
}
