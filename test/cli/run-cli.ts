import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { canariesIn } from '../support/canary.js';

/** The built program. */
export const CLI = join(import.meta.dirname, '../../dist/cli.js');

/** How a run of the program ended. */
export interface CliResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run the program. */
export interface CliOptions {
  /** Folder to run in. */
  readonly cwd: string;
  /** Environment variables beside those that a process needs; credentials of the machine's own are not among them. */
  readonly env?: Readonly<Record<string, string>>;
  /** What stands on standard input, which then ends; not given: nothing. */
  readonly input?: string | Uint8Array;
  /** A command that the program is run with, such as a shell that sets a limit first. */
  readonly wrapper?: readonly string[];
}

/** A run of the program that is under way. */
export interface RunningCli {
  readonly child: ChildProcessWithoutNullStreams;
  readonly stdout: string;
  readonly stderr: string;
  /** Resolves when standard output or standard error contains a text; rejects if the program ends without it. */
  readonly told: (text: string) => Promise<void>;
  /** Resolves when the program has ended. */
  readonly ended: Promise<CliResult>;
}

/** Starts the program with a standard input that stays open; it is killed if it is still there when the test is over. */
export function startCli(args: readonly string[], { cwd, env, wrapper = [] }: Omit<CliOptions, 'input'>): RunningCli {
  const [command = process.execPath, ...rest] = [...wrapper, process.execPath, CLI, ...args];
  const { PATH = '', HOME = '', TMPDIR } = process.env;
  const child = spawn(command, rest, { cwd, env: { PATH, HOME, ...(TMPDIR !== undefined && { TMPDIR }), ...env } });
  const output = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      for (const listener of [...listeners]) listener();
    });
  }
  // A program that has ended does not read what it is given.
  child.stdin.on('error', () => undefined);
  const ended = (once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>).then(([code, signal]) => {
    expect(canariesIn(output.stdout + output.stderr)).toEqual([]);
    return { code, signal, ...output };
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const told = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!output.stdout.includes(text) && !output.stderr.includes(text)) return;
        listeners.delete(look);
        resolve();
      };
      listeners.add(look);
      look();
      void ended.then(({ stdout, stderr }) => reject(new Error(`it ended without "${text}":\n${stdout}\n${stderr}`)));
    });
  return {
    child,
    ended,
    told,
    get stdout() {
      return output.stdout;
    },
    get stderr() {
      return output.stderr;
    },
  };
}

/** Runs the program to its end. */
export function runCli(args: readonly string[], { input, ...options }: CliOptions): Promise<CliResult> {
  const running = startCli(args, options);
  running.child.stdin.end(input ?? '');
  return running.ended;
}
