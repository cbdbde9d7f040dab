import { hasControlCharacter, trimSpaces } from '../contract/text.js';
import type { InputRecord } from './input-record.js';

/** Fields whose text is somebody's own, and is sent with whatever is in it. */
const FIELDS = ['deviceIdentifier', 'utmSource', 'utmMedium', 'utmCampaign'] as const;

type Texts = Partial<Record<(typeof FIELDS)[number] | 'params', unknown>>;

/**
 * Which fields of an event hold a control character, such as a tab or a line break: CleverTap's document does not forbid
 * them there, and yet they are a slip of an export. Those at the ends do not count, since they are trimmed.
 */
export function fieldsWithControlCharacters(event: Texts): readonly string[] {
  const named = FIELDS.filter((field) => isOdd(event[field]));
  const params = event.params;
  const isInParams = typeof params === 'object' && params !== null && Object.values(params).some(isOdd);
  return isInParams ? [...named, 'params'] : named;
}

/** What is said of such a field. */
export function describeControlCharacter(field: string): string {
  return `${field} holds a control character, such as a tab or a line break`;
}

function isOdd(value: unknown): boolean {
  return typeof value === 'string' && hasControlCharacter(value) && hasControlCharacter(trimSpaces(value));
}

/** Passes records on, and tells of the first one for each field with a control character. */
export async function* warnOfControlCharacters(
  records: AsyncIterable<InputRecord>,
  warn: (message: string) => void,
): AsyncGenerator<InputRecord> {
  const told = new Set<string>();
  for await (const record of records) {
    const { path, line, item } = record;
    for (const field of item === undefined ? [] : fieldsWithControlCharacters(item.event)) {
      if (told.has(field)) continue;
      told.add(field);
      warn(
        `warning: ${path}:${line}: ${describeControlCharacter(field)}; it is sent so, and others like it are not told`,
      );
    }
    yield record;
  }
}
