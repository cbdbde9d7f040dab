import { afterEach, expect } from 'vitest';
import { canariesIn, everythingShownOf } from './canary.js';

// Runs in every test file: what a test prints, in whichever way, is searched for the canary secrets.
const leaks: string[] = [];

function watchText(text: string): void {
  for (const canary of canariesIn(text)) leaks.push(`${canary} in: ${text.slice(0, 500)}`);
}

for (const stream of [process.stdout, process.stderr]) {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  stream.write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
    watchText(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('latin1'));
    return write(chunk, ...rest);
  };
}

for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
  const original = console[method].bind(console);
  console[method] = (...values: unknown[]) => {
    for (const value of values) watchText(everythingShownOf(value));
    original(...values);
  };
}

afterEach(() => {
  expect(leaks.splice(0)).toEqual([]);
});
