/**
 * Looks at the package as npm would publish it: `npm run check:package`.
 *
 * publint checks package.json against the files, attw checks how types resolve under every kind of module resolution, and
 * what the package weighs is held against `package-limits.ts`. Ends with exit code 1 if there is something to mend.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { installPackage } from './installed-package.js';
import { measureFigures } from './package-figures.js';
import { compareWithLimits } from './package-limits.js';
import { packPackage, root } from './packed-package.js';

const CHECKS = [
  { name: 'publint', script: 'publint/src/cli.js', args: ['run', '--strict'] },
  { name: 'attw', script: '@arethetypeswrong/cli/dist/index.js', args: ['--no-definitely-typed'] },
];

using packed = packPackage();
for (const { name, script, args } of CHECKS) {
  console.log(`== ${name}`);
  const command = [join(root, 'node_modules', script), ...args, packed.tarball];
  const { status } = spawnSync(process.execPath, command, { stdio: 'inherit', cwd: root });
  if (status !== 0) process.exitCode = 1;
}

console.log('== limits');
using installed = installPackage(packed);
for (const { isOver, line } of compareWithLimits(measureFigures(packed, installed))) {
  console.log(line);
  if (isOver) process.exitCode = 1;
}
console.log(process.exitCode === 1 ? 'There is something to mend.' : 'Nothing to mend.');
