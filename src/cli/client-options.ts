import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { AttributionClient } from '../client.js';
import { baseUrlProblem, type BaseUrl } from '../contract/endpoint.js';
import type { UtmPolicy } from '../contract/event.js';
import { regions } from '../contract/regions.js';
import { isAttributionError } from '../errors.js';
import type { Notice } from '../observe/notice.js';
import { DEFAULT_CONCURRENCY, DEFAULT_DEADLINE_MS } from '../options.js';
import { inCommandLineWords } from './command-line-words.js';
import { ENVIRONMENT, type CredentialsSource } from './credentials-source.js';
import { UsageError } from './usage-error.js';

/** Options that all commands which send have in common, as commander hands them over. */
export interface ClientFlags {
  readonly partner?: string;
  readonly credentials?: string;
  readonly baseUrl?: string;
  readonly allowInsecureHttp?: boolean;
  readonly utmPolicy: UtmPolicy;
  readonly method: 'GET' | 'POST';
  readonly timeout?: number;
  readonly deadline?: number;
  readonly attempts?: number;
  readonly atMostOnce?: boolean;
  readonly requireConfirmation?: boolean;
  readonly perProject?: number;
  readonly total?: number;
}

/** Reads a whole number of at least 1. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('must be a whole number, at least 1');
  return value;
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('must be a number of seconds greater than 0');
  return value;
}

/** Gives a command the options of those that send. */
export function addClientOptions(command: Command): Command {
  return command
    .addOption(
      new Option('-p, --partner <name>', 'your name as CleverTap has whitelisted it').env(ENVIRONMENT.partnerName),
    )
    .option(
      '-c, --credentials <file>',
      'JSON file of credentials by project id; one project can come from the environment',
    )
    .addOption(
      new Option('--utm-policy <policy>', 'which UTM fields an install must have')
        .choices(['all', 'any'])
        .default('all'),
    )
    .option('--base-url <url>', 'send everything here instead of to CleverTap, such as to an emulator')
    .option('--allow-insecure-http', 'allow http:// for other than loopback addresses: credentials travel unencrypted')
    .addOption(new Option('--method <method>', 'HTTP method').choices(['GET', 'POST']).default('GET'))
    .option('--timeout <seconds>', 'for one attempt (default: 60)', seconds)
    .option(
      '--deadline <seconds>',
      `for one event, all attempts and waits included (default: ${DEFAULT_DEADLINE_MS / 1000})`,
      seconds,
    )
    .option('--attempts <n>', 'attempts for one event at most (default: 5)', wholeNumber)
    .option('--at-most-once', 'do not try again after an attempt that may have been recorded')
    .option('--require-confirmation', 'count a 2xx that does not say "success" as failed')
    .option(
      '--per-project <n>',
      `requests in flight for one project (default: ${DEFAULT_CONCURRENCY.perProject})`,
      wholeNumber,
    )
    .option(
      '--total <n>',
      `requests in flight for all projects together (default: ${DEFAULT_CONCURRENCY.total})`,
      wholeNumber,
    );
}

/** What --help says about credentials. */
export const CREDENTIALS_HELP = `
Credentials never go on the command line, where every process on the machine can read them:
  --credentials FILE   {"W6W-797-865Z": {"projectToken": "…", "projectPasscode": "…", "region": "in"}, …}
  or the environment   ${ENVIRONMENT.projectId}, ${ENVIRONMENT.projectToken}, ${ENVIRONMENT.projectPasscode}, ${ENVIRONMENT.region}
Regions: ${regions.map(({ code }) => code).join(', ')} (default: eu).`;

/** One URL for all regions: as a map, since a single one would exclude the regions that the credentials name. */
export function baseUrlByRegion(url: string | undefined): BaseUrl | undefined {
  return url === undefined ? undefined : Object.fromEntries(regions.map(({ code }) => [code, url]));
}

/**
 * Makes the client that a command sends with.
 *
 * @throws {UsageError} if an option is not valid.
 */
export function createClient(
  flags: ClientFlags,
  credentials: CredentialsSource,
  onNotice?: (notice: Notice) => void,
): AttributionClient<UtmPolicy> {
  const { partner, baseUrl, timeout, deadline, attempts, perProject, total } = flags;
  if (partner === undefined)
    throw new UsageError(`the partner name is missing: give --partner or set ${ENVIRONMENT.partnerName}`);
  const urlProblem = baseUrl === undefined ? undefined : baseUrlProblem(baseUrl, flags.allowInsecureHttp === true);
  if (urlProblem !== undefined) throw new UsageError(`--base-url ${inCommandLineWords(urlProblem)}`);
  try {
    return new AttributionClient<UtmPolicy>({
      partnerName: partner,
      credentials: credentials.defaultProject,
      utmPolicy: flags.utmPolicy,
      method: flags.method,
      baseUrl: baseUrlByRegion(baseUrl),
      allowInsecureHttp: flags.allowInsecureHttp,
      timeoutMs: timeout === undefined ? undefined : timeout * 1000,
      deadlineMs: deadline === undefined ? undefined : deadline * 1000,
      retry: { maxAttempts: attempts, whenMaybeRecorded: flags.atMostOnce === true ? 'stop' : 'retry' },
      requireConfirmation: flags.requireConfirmation,
      concurrency: { perProject, total },
      onNotice,
    });
  } catch (error) {
    throw isAttributionError(error) ? new UsageError(error.message) : error;
  }
}
