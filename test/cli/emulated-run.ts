import type { CredentialsInput } from '../../src/contract/credentials.js';
import type { EmulatorOptions, ListeningEmulator } from '../../src/testing/index.js';
import { canaryCredentials } from '../support/canary.js';
import { canaryEmulator } from '../support/connected-client.js';
import { runCli, startCli, type CliOptions, type CliResult, type RunningCli } from './run-cli.js';
import { workFolder, type WorkFolder } from './work-folder.js';

type RunOptions = Omit<CliOptions, 'cwd'>;

/** An emulator, a folder with credentials for it, and `forward` between them. */
export interface EmulatedRun {
  readonly emulator: ListeningEmulator<string>;
  readonly folder: WorkFolder;
  /** Runs `forward` in the folder, for the emulator, to its end. */
  readonly forward: (args: readonly string[], options?: RunOptions) => Promise<CliResult>;
  /** Starts it with a standard input that stays open. */
  readonly startForward: (args: readonly string[], options?: Omit<RunOptions, 'input'>) => RunningCli;
}

/** Projects of `emulatedRun`; their credentials are canaries. */
export const PROJECTS = ['TEST-111-222Z', 'TEST-333-444Z'] as const;

/** Prepares runs against an emulator that knows two projects. */
export async function emulatedRun(
  options: EmulatorOptions = {},
  accounts: readonly CredentialsInput[] = PROJECTS.map((projectId) => canaryCredentials({ projectId })),
): Promise<EmulatedRun> {
  const emulator = await canaryEmulator({ accounts, ...options });
  const folder = workFolder();
  folder.write('projects.json', JSON.stringify(accounts));
  const common = ['--partner', 'airbridge', '--credentials', 'projects.json', '--base-url', emulator.baseUrl];
  return {
    emulator,
    folder,
    forward: (args, run) => runCli(['forward', ...args, ...common], { cwd: folder.path, ...run }),
    startForward: (args, run) => startCli(['forward', ...args, ...common], { cwd: folder.path, ...run }),
  };
}
