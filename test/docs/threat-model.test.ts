import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const text = readFileSync(join(root, 'SECURITY.md'), 'utf8');

/** Tests that SECURITY.md names, as `file`: _title_. */
const named = [...text.matchAll(/`(test\/[\w/.-]+)`:\s+_((?:[^_`]|`[^`]+`)+)_/g)].map(
  ([, path = '', title = '']) => [path, title.replace(/\s+/g, ' ').replaceAll('`', '')] as const,
);

describe('the threat model', () => {
  it('names tests', () => {
    expect(named.length).toBeGreaterThan(30);
  });

  it.each(named)('names what is tested: %s, %s', (path, title) => {
    expect(existsSync(join(root, path)), path).toBe(true);
    expect(readFileSync(join(root, path), 'utf8')).toContain(title);
  });
});
