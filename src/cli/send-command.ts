import { Command, InvalidArgumentError } from 'commander';
import type { Credentials } from '../contract/credentials.js';
import { createEventSchema } from '../contract/event-schema.js';
import type { UtmPolicy } from '../contract/event.js';
import { check } from '../contract/validate.js';
import { describeIssues, isAttributionError, ValidationError, type AnyAttributionError } from '../errors.js';
import type { ForwardItem } from '../forward/forward-result.js';
import { addClientOptions, createClient, CREDENTIALS_HELP, type ClientFlags } from './client-options.js';
import { readCredentials, type CredentialsSource } from './credentials-source.js';
import { EXIT_CODE } from './exit-code.js';
import { describeFileTrouble } from './file-error.js';
import { readFlatRecord } from './flat-record.js';
import { readText } from './read-text.js';
import { describeTrouble } from './record-trouble.js';
import type { Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';

interface SendFlags extends ClientFlags {
  readonly record?: string;
  readonly project?: string;
  readonly type?: string;
  readonly name?: string;
  readonly deviceIdentifier?: string;
  readonly platform?: string;
  readonly timestamp?: string;
  readonly utmSource?: string;
  readonly utmMedium?: string;
  readonly utmCampaign?: string;
  readonly param: Readonly<Record<string, string>>;
  readonly json?: boolean;
}

function addParam(text: string, params: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const equals = text.indexOf('=');
  if (equals < 1) throw new InvalidArgumentError('must be name=value');
  return { ...params, [text.slice(0, equals)]: text.slice(equals + 1) };
}

const HELP = `${CREDENTIALS_HELP}

Exit code: 0 delivered, 1 not delivered, 2 the call was wrong.

Example:
  clevertap-attribution send -p airbridge -c projects.json --type inorganic_install --device-identifier __g1234abc \\
    --platform android --utm-source google --utm-medium cpc --utm-campaign summer-sale --param city=Mumbai`;

/** `send`: sends one event. */
export function createSendCommand(terminal: Terminal): Command {
  const command = new Command('send')
    .summary('send one event')
    .description('Sends one event, from options or from a JSON record, and says what became of it.');
  return addClientOptions(command)
    .option('--record <file>', 'a JSON record as forward takes it; - is standard input')
    .option('--project <id>', 'the project it is for, where there are several')
    .option('--type <type>', 'organic_install, inorganic_install or custom')
    .option('--name <name>', 'name of a custom event')
    .option('--device-identifier <id>', 'the CleverTap ID')
    .option('--platform <platform>', 'android, ios …')
    .option('--timestamp <time>', 'epoch seconds or milliseconds, or ISO 8601 with an offset (default: now)')
    .option('--utm-source <text>', 'campaign source')
    .option('--utm-medium <text>', 'campaign medium')
    .option('--utm-campaign <text>', 'campaign name')
    .option('--param <name=value>', 'an extra parameter; may be given several times', addParam, {})
    .option('--json', 'the result as JSON')
    .addHelpText('after', HELP)
    .action((flags: SendFlags) => send(flags, terminal));
}

async function send(flags: SendFlags, terminal: Terminal): Promise<void> {
  const { event, projectId } = readEvent(flags);
  const credentials = readCredentials(flags.credentials, process.env);
  for (const warning of credentials.warnings) terminal.note(`warning: ${warning}`);
  const client = createClient(flags, credentials);
  const found = findProject(projectId, credentials);
  try {
    const delivery = await client.project(found).send(event);
    const { status, attempts, durationMs, host, confirmed } = delivery;
    const times = attempts === 1 ? '1 attempt' : `${attempts} attempts`;
    const unconfirmed = confirmed ? '' : ', without the word "success"';
    // Set before anything is printed: whoever reads that may close the pipe.
    process.exitCode = EXIT_CODE.ok;
    terminal.print(
      flags.json === true
        ? JSON.stringify(delivery)
        : `delivered to project ${delivery.projectId} at ${host}: ${status}${unconfirmed}, ${times}, ${Math.round(durationMs)} ms`,
    );
  } catch (error) {
    if (!isAttributionError(error)) throw error;
    process.exitCode = EXIT_CODE.incomplete;
    terminal.print(flags.json === true ? JSON.stringify(error) : describeFailure(error));
  } finally {
    await client.close();
  }
}

function describeFailure(error: AnyAttributionError): string {
  const maybe = error.maybeRecorded ? ' CleverTap may have recorded it all the same.' : '';
  return `not delivered (${error.code}): ${describeTrouble(error)}.${maybe}`;
}

function findProject(projectId: string | undefined, credentials: CredentialsSource): Credentials {
  if (projectId === undefined) {
    if (credentials.defaultProject !== undefined) return credentials.defaultProject;
    throw new UsageError('which project? Give --project, or credentials of one only');
  }
  try {
    return credentials.get(projectId);
  } catch (error) {
    throw isAttributionError(error) ? new UsageError(error.message) : error;
  }
}

function readEvent(flags: SendFlags): ForwardItem<'all' | 'any'> {
  const { project, type, name, deviceIdentifier, platform, timestamp, utmSource, utmMedium, utmCampaign, param } =
    flags;
  const params = Object.keys(param).length === 0 ? undefined : param;
  const fromFlags = { type, name, deviceIdentifier, platform, timestamp, utmSource, utmMedium, utmCampaign, params };
  const given = Object.fromEntries(Object.entries(fromFlags).filter(([, value]) => value !== undefined));
  const fromFile = flags.record === undefined ? {} : readRecordFile(flags.record);
  const read = readFlatRecord({ ...fromFile, ...given, ...(project !== undefined && { projectId: project }) });
  if ('issues' in read) throw new UsageError(describeIssues(read.issues));
  refuseMistakes(read.item, flags);
  return read.item;
}

/** The event is part of the call, whichever way it was given, so that it is the call that is wrong. */
function refuseMistakes({ event }: ForwardItem<'all' | 'any'>, { utmPolicy }: SendFlags): void {
  const checked = check(createEventSchema<UtmPolicy>({ utmPolicy }), event);
  if ('issues' in checked) throw new UsageError(describeTrouble(new ValidationError('event', checked.issues)));
}

function readRecordFile(path: string): object {
  let value: unknown;
  try {
    value = JSON.parse(readText(path === '-' ? 0 : path));
  } catch (error) {
    // Not the parser's message, which quotes the text.
    const why = error instanceof SyntaxError ? 'it is not JSON' : describeFileTrouble(error);
    throw new UsageError(`cannot read ${path === '-' ? 'standard input' : path}: ${why}`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new UsageError(`${path} must hold one JSON object`);
}
