import { Command, InvalidArgumentError, Option } from 'commander';
import type { CredentialsInput } from '../contract/credentials.js';
import { isAttributionError } from '../errors.js';
import { startEmulator, type Fault, type ReceivedRequest } from '../testing/index.js';
import { ENVIRONMENT, readCredentials } from './credentials-source.js';
import { wholeNumber } from './client-options.js';
import { describeFileTrouble } from './file-error.js';
import { readText } from './read-text.js';
import type { Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';

interface EmulateFlags {
  readonly port?: number;
  readonly accounts?: string;
  readonly partner?: string[];
  readonly fault: readonly unknown[];
  readonly faults?: string;
  readonly requiredUtm: 'all' | 'any';
  readonly seed: number;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** An account for those who have none yet; it opens nothing but the emulator. */
const SAMPLE_ACCOUNT: CredentialsInput = {
  projectId: 'EMULATED-1',
  projectToken: 'emulated-token',
  projectPasscode: 'emulated-passcode',
};

const HELP = `
A fault is JSON; the file of --faults holds a list of them:
  {"kind": "status", "status": 503, "times": 3}
  {"kind": "status", "status": 429, "retryAfter": 2, "probability": 0.05, "projectId": "EMULATED-1"}
  {"kind": "latency", "ms": 200}                      {"kind": "hang", "times": 1}
  {"kind": "reset_after", "recorded": true, "probability": 0.01}
  {"kind": "parallel_limit", "most": 15, "retryAfter": 1}
Kinds: status, parallel_limit, latency, hang, stalled_body, broken_body, reset_before, reset_after, empty_200, html_200,
fail_200, oversized_body, redirect, garbage. Each takes projectId and eventType, and one of times, probability and forMs.

Example:
  clevertap-attribution emulate --port 8080 --fault '{"kind":"status","status":503,"probability":0.1}'`;

function addFault(text: string, faults: readonly unknown[]): readonly unknown[] {
  try {
    return [...faults, JSON.parse(text) as unknown];
  } catch {
    throw new InvalidArgumentError('must be JSON');
  }
}

/** `emulate`: answers like CleverTap's endpoint, on this machine. */
export function createEmulateCommand(terminal: Terminal): Command {
  return new Command('emulate')
    .summary("answer like CleverTap's endpoint, on this machine")
    .description(
      "Listens on a loopback port and answers like CleverTap's endpoint, with faults to order, until Ctrl-C.",
    )
    .option('--port <port>', 'port to listen on (default: any that is free)', wholeNumber)
    .option('--accounts <file>', 'credentials file of the accounts it knows (default: one sample account)')
    .option('--partner <names...>', 'whitelisted partner names (default: any)')
    .option('--fault <json>', 'something that goes wrong; may be given several times', addFault, [])
    .option('--faults <file>', 'a JSON file with a list of faults')
    .addOption(
      new Option('--required-utm <policy>', 'which UTM fields an install must have')
        .choices(['all', 'any'])
        .default('all'),
    )
    .option('--seed <n>', 'start of the random numbers of faults with a probability', wholeNumber, 1)
    .option('-q, --quiet', 'do not print a line for each request')
    .option('--json', 'requests and totals as JSON')
    .addHelpText('after', HELP)
    .action((flags: EmulateFlags) => emulate(flags, terminal));
}

async function emulate(flags: EmulateFlags, terminal: Terminal): Promise<void> {
  const accounts = flags.accounts === undefined ? [SAMPLE_ACCOUNT] : readCredentials(flags.accounts, {}).all;
  const faults = [...flags.fault, ...(flags.faults === undefined ? [] : readFaults(flags.faults))];
  const onRequest = (entry: ReceivedRequest) => {
    if (flags.quiet !== true) terminal.print(flags.json === true ? JSON.stringify(entry) : describeRequest(entry));
  };
  const { port, partner, requiredUtm, seed } = flags;
  const options = {
    listen: 'single',
    port,
    accounts,
    partners: partner,
    requiredUtm,
    seed,
    keep: 0,
    onRequest,
  } as const;
  const emulator = await asUsage(() => startEmulator(options), port);
  try {
    await asUsage(() => {
      for (const fault of faults) emulator.faults.add(fault as Fault);
    });
    // Listened for before anybody is told that it is there to be interrupted.
    const ended = interrupted();
    terminal.note(`Listening on ${emulator.baseUrl}`);
    if (flags.accounts === undefined) for (const line of describeSample(emulator.baseUrl)) terminal.note(line);
    await ended;
    const { requests, recorded, refused, faults: struck } = emulator.counts;
    terminal.print(
      flags.json === true
        ? JSON.stringify(emulator.counts)
        : `${requests} requests: ${recorded} events recorded, ${refused} refused, ${struck} answered by faults`,
    );
  } finally {
    await emulator.close();
  }
}

/** What is wrong with the options of the emulator is wrong with the call. */
async function asUsage<Result>(action: () => Result | Promise<Result>, port?: number): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    if (!isAttributionError(error)) throw error;
    throw new UsageError(
      error.message.includes('(EADDRINUSE)')
        ? `port ${port ?? 0} is in use: choose another with --port, or leave that out for any that is free`
        : error.message,
    );
  }
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}

function readFaults(path: string): unknown[] {
  try {
    const value: unknown = JSON.parse(readText(path));
    if (Array.isArray(value)) return value;
  } catch (error) {
    throw new UsageError(
      `cannot read ${path}: ${error instanceof SyntaxError ? 'it is not JSON' : describeFileTrouble(error)}`,
    );
  }
  throw new UsageError(`${path} must hold a list of faults`);
}

function describeSample(baseUrl: string): string[] {
  return [
    'It knows one sample account. In another terminal:',
    `  export ${ENVIRONMENT.projectId}=${SAMPLE_ACCOUNT.projectId} ${ENVIRONMENT.projectToken}=${String(SAMPLE_ACCOUNT.projectToken)} ${ENVIRONMENT.projectPasscode}=${String(SAMPLE_ACCOUNT.projectPasscode)}`,
    `  npx clevertap-attribution send --base-url ${baseUrl} --partner airbridge --type custom --name Hello --device-identifier __g1234abc --platform android`,
  ];
}

function describeRequest(entry: ReceivedRequest): string {
  const { status, outcome, fault, accountId, eventType, deviceIdentifier, credentials } = entry;
  const answer = fault === undefined ? outcome : `fault: ${fault}`;
  const access = credentials === 'valid' ? '' : `  credentials ${credentials}`;
  return `${status ?? '---'}  ${answer}  ${accountId ?? '-'}  ${eventType ?? '-'}  ${deviceIdentifier ?? '-'}${access}`;
}
