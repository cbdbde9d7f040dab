/**
 * Takes the entries of `package-entries.ts` to package.json and typedoc.json: `npm run entries`. Run again, it changes
 * nothing.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { ENTRIES, entryFields } from './package-entries.js';
import { root } from './packed-package.js';

async function setIn(name: string, fields: object): Promise<void> {
  const file = join(root, name);
  const text = JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as object), ...fields });
  writeFileSync(file, await format(text, { ...(await resolveConfig(file)), filepath: file }));
}

await setIn('package.json', entryFields());
await setIn('typedoc.json', { entryPoints: Object.values(ENTRIES) });
