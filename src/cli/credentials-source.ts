import type { Credentials } from '../contract/credentials.js';
import { toSingleLine } from '../contract/text.js';
import { AuthenticationError } from '../errors.js';
import { checkCredentials, permissionWarnings, readCredentialsFile } from './credentials-file.js';
import { UsageError } from './usage-error.js';

/** Environment variables that hold one project's credentials, and the partner's name. */
export const ENVIRONMENT = {
  projectId: 'CLEVERTAP_PROJECT_ID',
  projectToken: 'CLEVERTAP_PROJECT_TOKEN',
  projectPasscode: 'CLEVERTAP_PROJECT_PASSCODE',
  region: 'CLEVERTAP_REGION',
  partnerName: 'CLEVERTAP_PARTNER_NAME',
} as const;

const { projectId, projectToken, projectPasscode } = ENVIRONMENT;
const REQUIRED_VARIABLES = [projectId, projectToken, projectPasscode].join(', ');

const GIVING_CREDENTIALS = `name a file that has them with --credentials, or set ${REQUIRED_VARIABLES}`;

/** Where credentials come from: never the command line, which every process on the machine can read. */
export interface CredentialsSource {
  /** The project of records that name none. */
  readonly defaultProject: Credentials | undefined;
  /** All of them. */
  readonly all: readonly Credentials[];
  /**
   * Credentials of a project.
   *
   * @throws {AuthenticationError} if there are none, saying where they were looked for and what to do.
   */
  readonly get: (projectId: string) => Credentials;
  /** What the person should know, such as a file that others can read. */
  readonly warnings: readonly string[];
}

/**
 * Collects credentials from a file, if one is named, and the environment, out of which token and passcode are taken: what
 * Node reports of a crash shows the whole environment.
 *
 * The file is JSON: an object by project id, or a list of credentials. With a single project in it, that is the default.
 * The environment's project is the default before it, and counts where the file has the same one.
 *
 * @throws {UsageError} if the file cannot be read, or credentials in it are not valid; no message repeats a value.
 */
export function readCredentials(path: string | undefined, environment: NodeJS.ProcessEnv): CredentialsSource {
  const fromFile = path === undefined ? [] : readCredentialsFile(path);
  const fromEnvironment = readEnvironment(environment);
  const all = new Map([...fromFile, ...fromEnvironment].map((entry) => [entry.projectId, entry]));
  const defaultProject = fromEnvironment[0] ?? (fromFile.length === 1 ? fromFile[0] : undefined);
  return {
    defaultProject,
    all: [...all.values()],
    get(projectId) {
      const found = all.get(projectId);
      if (found !== undefined) return found;
      const reason = describeAbsence(path, fromEnvironment[0]);
      const message = `no credentials for project ${toSingleLine(projectId, 80)}: ${reason}`;
      throw new AuthenticationError(message, { projectId });
    },
    warnings: path === undefined ? [] : permissionWarnings(path),
  };
}

/**
 * Collects the credentials of a command that sends, which without any could deliver nothing.
 *
 * @throws {UsageError} if there are none at all, saying how to give them, or as `readCredentials` does.
 */
export function readSendingCredentials(path: string | undefined, environment: NodeJS.ProcessEnv): CredentialsSource {
  const source = readCredentials(path, environment);
  if (source.all.length > 0) return source;
  throw new UsageError(
    path === undefined
      ? `there are no credentials to send with: ${GIVING_CREDENTIALS}`
      : `${path} holds no credentials: add projectToken, projectPasscode and region by project id`,
  );
}

/** Where credentials were looked for, and what to add. */
function describeAbsence(path: string | undefined, fromEnvironment: Credentials | undefined): string {
  const inEnvironment =
    fromEnvironment === undefined ? undefined : `${ENVIRONMENT.projectId} is ${fromEnvironment.projectId}`;
  if (path !== undefined) {
    const also = inEnvironment === undefined ? '' : `, and ${inEnvironment}`;
    return `${path} has none${also}; add its projectToken, projectPasscode and region to that file`;
  }
  return inEnvironment === undefined
    ? GIVING_CREDENTIALS
    : `${inEnvironment}, and no file was named; name one that has them with --credentials`;
}

function readEnvironment(environment: NodeJS.ProcessEnv): Credentials[] {
  const given = (name: keyof typeof ENVIRONMENT) => environment[ENVIRONMENT[name]] || undefined;
  const projectId = given('projectId');
  const projectToken = given('projectToken');
  const projectPasscode = given('projectPasscode');
  for (const name of [ENVIRONMENT.projectToken, ENVIRONMENT.projectPasscode]) Reflect.deleteProperty(environment, name);
  if (projectId === undefined && projectToken === undefined && projectPasscode === undefined) return [];
  const input = { projectId, projectToken, projectPasscode, region: given('region') };
  return [checkCredentials(input, `the environment (${REQUIRED_VARIABLES})`)];
}
