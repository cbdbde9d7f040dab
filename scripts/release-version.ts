/**
 * Takes a new version of package.json to the other places that know it: `npm run release:version`, which has changesets
 * move the version first.
 *
 * These are src/version.ts, package-lock.json and CHANGELOG.md, where what stands under Unreleased gets the version and
 * today's date for its heading. Run again, it changes nothing.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npm, root } from './packed-package.js';

function replaceIn(name: string, change: (text: string) => string): void {
  const path = join(root, name);
  const text = readFileSync(path, 'utf8');
  const changed = change(text);
  if (changed !== text) writeFileSync(path, changed);
}

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

replaceIn('src/version.ts', (text) => text.replace(/VERSION = '[^']*'/, `VERSION = '${version}'`));

replaceIn('CHANGELOG.md', (text) => {
  if (text.includes(`## [${version}]`)) return text;
  const today = new Date().toISOString().slice(0, 10);
  return text.replace('## [Unreleased]\n', `## [Unreleased]\n\n## [${version}] - ${today}\n`);
});

npm(['install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund', '--silent'], root);
