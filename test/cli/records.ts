import { PROJECTS } from './emulated-run.js';

/** A flat record, as NDJSON holds it. */
export function flatRecord(overrides: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    type: 'custom',
    name: 'Add_to_cart',
    deviceIdentifier: '__g1234abc',
    platform: 'android',
    timestamp: 1_700_000_000,
    projectId: PROJECTS[0],
    ...overrides,
  };
}

/** Records that are told apart by their parameter `n`, from 0. */
export function numberedRecords(count: number, overrides: Readonly<Record<string, unknown>> = {}) {
  return Array.from({ length: count }, (_, n) => flatRecord({ params: { n }, ...overrides }));
}

/** The text of an NDJSON file. */
export function ndjson(records: readonly unknown[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join('');
}
