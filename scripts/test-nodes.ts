/**
 * Runs the tests on every supported Node line: `npm run test:nodes`, or `npm run test:nodes -- 22 24 -- test/contract`.
 *
 * The binaries come from the npm registry (packages `node-<platform>-<arch>`), once, into node_modules/.cache/nodes.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

const LINES = ['20', '22', '24', '26'];
const root = join(import.meta.dirname, '..');

function run(command: string, args: readonly string[]): number {
  const { status } = spawnSync(command, args, { stdio: 'inherit', cwd: root });
  return status ?? 1;
}

function nodeBinary(line: string): string {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const name = `node-${platform}-${process.arch}`;
  const folder = join(root, 'node_modules', '.cache', 'nodes', line);
  const binary = join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const status = run(npm, ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', `${name}@${line}`]);
  if (status !== 0) throw new Error(`could not install ${name}@${line}`);
  return binary;
}

const [given, extra] = splitAt(process.argv.slice(2), '--');
const lines = given.length > 0 ? given : LINES;
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const results = lines.map((line) => {
  const binary = nodeBinary(line);
  console.log(`\n== Node ${line} (${spawnSync(binary, ['--version']).stdout.toString().trim()})`);
  return { line, passed: run(binary, [vitest, 'run', ...extra]) === 0 };
});

for (const { line, passed } of results) console.log(`Node ${line}: ${passed ? 'passed' : 'FAILED'}`);
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;

function splitAt(args: readonly string[], separator: string): [before: string[], after: string[]] {
  const index = args.indexOf(separator);
  return index < 0 ? [[...args], []] : [args.slice(0, index), args.slice(index + 1)];
}
