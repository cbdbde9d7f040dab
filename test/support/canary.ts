import { inspect } from 'node:util';
import type { CredentialsInput } from '../../src/contract/credentials.js';

/** The token and passcode that all tests use: whatever is emitted anywhere must not contain them. */
export const CANARY_TOKEN = 'canary-token-5f0c2a';
export const CANARY_PASSCODE = 'canary-passcode-9b71de';

const CANARIES = [CANARY_TOKEN, CANARY_PASSCODE];

/** Credentials of a test project, with canaries for secrets. */
export function canaryCredentials(overrides: Partial<CredentialsInput> = {}): CredentialsInput {
  return { projectId: 'TEST-111-222Z', projectToken: CANARY_TOKEN, projectPasscode: CANARY_PASSCODE, ...overrides };
}

/** Every text that shows of a value: `inspect` at any depth with hidden properties, JSON, template string, stack. */
export function everythingShownOf(value: unknown): string {
  const texts = [
    inspect(value, { depth: Infinity, showHidden: true, getters: true, maxArrayLength: null, maxStringLength: null }),
  ];
  try {
    const json: unknown = JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part));
    texts.push(String(json));
  } catch {
    texts.push('');
  }
  if (typeof value === 'string') texts.push(value);
  if (value instanceof Error) texts.push(String(value), value.stack ?? '', everythingShownOf(value.cause));
  return texts.join('\n');
}

/** The canaries that a text contains. */
export function canariesIn(text: string): string[] {
  return CANARIES.filter((canary) => text.includes(canary));
}
