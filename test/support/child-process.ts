import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const root = new URL('../..', import.meta.url);

/**
 * Runs a script (an ES module; `src` and `test` are imported from `./src/…` and `./test/…`) in a process of its own and
 * gives what it prints. Rejects if it exits with an error, or has not ended by itself after 15 seconds.
 */
export async function runScript(script: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', script],
    { cwd: root, timeout: 15_000, env: { ...process.env, ...env } },
  );
  return stdout.trim();
}
