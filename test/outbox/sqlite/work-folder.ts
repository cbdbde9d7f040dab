import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** A folder for one test file, dropped at its end. */
export async function workFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'clevertap-attribution-outbox-'));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
