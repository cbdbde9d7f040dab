import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder of a test's own. */
export interface WorkFolder {
  readonly path: string;
  /** Path of a file in it. */
  readonly at: (name: string) => string;
  /** Writes a file, readable by its owner alone; gives its path. */
  readonly write: (name: string, content: string | Uint8Array) => string;
  /** The lines of a file, each read as JSON. */
  readonly readJsonLines: (name: string) => Record<string, unknown>[];
}

/** Makes a folder that is gone when the test is over. */
export function workFolder(): WorkFolder {
  const path = mkdtempSync(join(tmpdir(), 'clevertap-attribution-cli-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  const at = (name: string) => join(path, name);
  return {
    path,
    at,
    write(name, content) {
      writeFileSync(at(name), content, { mode: 0o600 });
      return at(name);
    },
    readJsonLines: (name) =>
      readFileSync(at(name), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}
