import { chmodSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readCredentialsFile } from '../../src/cli/credentials-file.js';
import { ENVIRONMENT, readCredentials, readSendingCredentials } from '../../src/cli/credentials-source.js';
import { AuthenticationError } from '../../src/errors.js';
import { CANARY_PASSCODE, CANARY_TOKEN, canariesIn, canaryCredentials, everythingShownOf } from '../support/canary.js';
import { workFolder } from './work-folder.js';

const secrets = { projectToken: CANARY_TOKEN, projectPasscode: CANARY_PASSCODE };

const fromEnvironment = {
  [ENVIRONMENT.projectId]: 'ENV-1',
  [ENVIRONMENT.projectToken]: CANARY_TOKEN,
  [ENVIRONMENT.projectPasscode]: CANARY_PASSCODE,
  [ENVIRONMENT.region]: 'India',
};

/** Variables of a process that has them all. */
const environment = (): NodeJS.ProcessEnv => ({ ...fromEnvironment });

function fromFile(content: unknown, env: NodeJS.ProcessEnv = {}) {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return readCredentials(workFolder().write('projects.json', text), env);
}

/** The message of the refusal, without a secret in it. */
function refusalOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toMatchObject({ name: 'UsageError' });
    expect(canariesIn(everythingShownOf(error))).toEqual([]);
    return (error as Error).message;
  }
  return 'it was not refused';
}

describe('credentials from a file', () => {
  it('stand by project id', () => {
    const source = fromFile({ 'P-1': secrets, 'P-2': { ...secrets, region: 'in1' } });
    expect(source.get('P-2')).toMatchObject({ projectId: 'P-2', region: 'in' });
    expect(() => source.get('P-3')).toThrow(AuthenticationError);
    expect(() => source.get('__proto__')).toThrow(AuthenticationError);
    expect(source.defaultProject).toBeUndefined();
    expect(source.all).toHaveLength(2);
    expect(canariesIn(everythingShownOf(source))).toEqual([]);
  });

  it('stand in a list, or alone', () => {
    expect(fromFile([canaryCredentials({ projectId: 'P-1' })]).get('P-1')).toBeDefined();
    expect(fromFile(canaryCredentials({ projectId: 'P-1' })).get('P-1')).toBeDefined();
  });

  it('are the default where they are of one project', () => {
    expect(fromFile({ 'P-1': secrets }).defaultProject?.projectId).toBe('P-1');
  });

  it('are not repeated where they stand in the place of a file name', () => {
    const content = JSON.stringify({ 'P-1': { projectToken: CANARY_TOKEN } });
    expect(() => readCredentialsFile(content)).toThrow(/^the credentials are taken from a file: give its name/);
    expect(() => readCredentialsFile(` [${content}]`)).toThrow(/give its name, not its content$/);
  });

  it('may have a byte order mark before them', () => {
    expect(fromFile(`\uFEFF${JSON.stringify({ 'P-1': secrets })}`).get('P-1')).toBeDefined();
  });

  it.each([
    ['{"P-1": {"projectToken": "canary-token-5f0c2a",', 'projects.json is not JSON'],
    ['canary-token-5f0c2a', 'projects.json is not JSON'],
    ['null', 'projects.json must be an object by project id: {"W6W-797-865Z": {'],
    ['[]', 'projects.json must be an object by project id'],
    [[secrets], 'projects.json must be an object by project id'],
    [{ 'P-1': CANARY_TOKEN }, 'project P-1: must be an object'],
    [[CANARY_TOKEN], 'projects.json must be an object by project id'],
    [[CANARY_TOKEN, canaryCredentials()], 'entry 1: must be an object'],
    [{ 'P-1': null }, 'project P-1: must be an object'],
    [{ 'P-1': { projectToken: CANARY_TOKEN } }, 'projectPasscode: Project Passcode is required'],
    [{ 'P-1': { ...secrets, projectToken: `${CANARY_TOKEN}!` } }, 'projectToken: Project Token may hold letters'],
    [{ 'P-1': { ...secrets, region: 'moon' } }, 'region'],
    [{ 'P-1': { ...secrets, projectId: 'P-2' } }, 'it names another project, P-2'],
    [[canaryCredentials(), canaryCredentials()], 'project TEST-111-222Z is there twice'],
  ])('are refused without showing a value: %#', (content, message) => {
    expect(refusalOf(() => fromFile(content))).toContain(message);
  });

  it('are refused with all projects that have mistakes', () => {
    const path = workFolder().write(
      'projects.json',
      JSON.stringify({ 'P-1': {}, 'P-2': secrets, 'P-3': CANARY_TOKEN }),
    );
    const lines = refusalOf(() => readCredentials(path, {})).split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toBe(`${path}:`);
    expect(lines[1]).toMatch(/^ {2}project P-1: projectToken: .*; projectPasscode: /);
    expect(lines[2]).toBe('  project P-3: must be an object with projectToken and projectPasscode');
  });

  it('are refused where it is a folder, in the words of any other file', () => {
    const { path } = workFolder();
    expect(refusalOf(() => readCredentials(path, {}))).toBe(
      `${path} is a folder; name the file in it that has the credentials`,
    );
  });

  it('are refused where there is no file', () => {
    expect(refusalOf(() => readCredentials('/none.json', {}))).toBe(
      'cannot read /none.json: no such file or directory (ENOENT)',
    );
  });

  it('come with a warning where others can read them', () => {
    const path = workFolder().write('projects.json', JSON.stringify({ 'P-1': secrets }));
    expect(readCredentials(path, {}).warnings).toEqual([]);
    if (process.platform === 'win32') return;
    chmodSync(path, 0o644);
    expect(readCredentials(path, {}).warnings).toEqual([
      `${path} can be read by others on this machine: chmod 600 ${path}`,
    ]);
  });
});

describe('credentials from the environment', () => {
  it('are the default, also beside a file', () => {
    expect(readCredentials(undefined, environment()).defaultProject).toMatchObject({
      projectId: 'ENV-1',
      region: 'in',
    });
    const source = fromFile({ 'P-1': secrets }, environment());
    expect(source.defaultProject?.projectId).toBe('ENV-1');
    expect(source.get('P-1')).toBeDefined();
  });

  it('are taken out of it, so that no report of a crash shows them', () => {
    const variables = environment();
    readCredentials(undefined, variables);
    expect(canariesIn(JSON.stringify(variables))).toEqual([]);
    expect(variables[ENVIRONMENT.projectId]).toBe('ENV-1');
  });

  it('count where the file has the same project', () => {
    expect(fromFile({ 'ENV-1': { ...secrets, region: 'us' } }, environment()).get('ENV-1')).toMatchObject({
      region: 'in',
    });
  });

  it('are none where the variables are empty', () => {
    const empty = Object.fromEntries(Object.values(ENVIRONMENT).map((name) => [name, '']));
    expect(readCredentials(undefined, empty)).toMatchObject({ defaultProject: undefined, all: [] });
  });

  it('are refused where one is missing', () => {
    const { [ENVIRONMENT.projectPasscode]: passcode, ...others } = environment();
    expect(passcode).toBeDefined();
    expect(refusalOf(() => readCredentials(undefined, others))).toContain(
      'the environment (CLEVERTAP_PROJECT_ID, CLEVERTAP_PROJECT_TOKEN, CLEVERTAP_PROJECT_PASSCODE): projectPasscode: ',
    );
  });
});

describe('a command that sends', () => {
  it('is told how to give credentials where there are none', () => {
    expect(refusalOf(() => readSendingCredentials(undefined, {}))).toBe(
      'there are no credentials to send with: name a file that has them with --credentials, or set CLEVERTAP_PROJECT_ID, CLEVERTAP_PROJECT_TOKEN, CLEVERTAP_PROJECT_PASSCODE',
    );
    const path = workFolder().write('projects.json', '{}');
    expect(refusalOf(() => readSendingCredentials(path, {}))).toBe(
      `${path} holds no credentials: add projectToken, projectPasscode and region by project id`,
    );
    expect(readSendingCredentials(path, environment()).all).toHaveLength(1);
  });
});

describe('a project that there are no credentials of', () => {
  function told(path: string | undefined, env: NodeJS.ProcessEnv, projectId = 'P-9'): string {
    const source = readCredentials(path, env);
    try {
      source.get(projectId);
    } catch (error) {
      expect(error).toMatchObject({ code: 'authentication', projectId });
      expect(canariesIn(everythingShownOf(error))).toEqual([]);
      return (error as Error).message;
    }
    return 'there are some';
  }

  const file = () => workFolder().write('projects.json', JSON.stringify({ 'P-1': secrets }));

  it('is told with the file that was looked at', () => {
    const path = file();
    expect(told(path, {})).toBe(
      `no credentials for project P-9: ${path} has none; add its projectToken, projectPasscode and region to that file`,
    );
  });

  it('is told with the file and the project of the environment', () => {
    const path = file();
    expect(told(path, environment())).toBe(
      `no credentials for project P-9: ${path} has none, and CLEVERTAP_PROJECT_ID is ENV-1; add its projectToken, projectPasscode and region to that file`,
    );
  });

  it('is told with the project of the environment where no file was named', () => {
    expect(told(undefined, environment())).toBe(
      'no credentials for project P-9: CLEVERTAP_PROJECT_ID is ENV-1, and no file was named; name one that has them with --credentials',
    );
  });

  it('is told with both ways to give some where there are none at all', () => {
    expect(told(undefined, {})).toBe(
      'no credentials for project P-9: name a file that has them with --credentials, or set CLEVERTAP_PROJECT_ID, CLEVERTAP_PROJECT_TOKEN, CLEVERTAP_PROJECT_PASSCODE',
    );
  });

  it('is named on one line of bounded length', () => {
    expect(told(undefined, {}, `P\n${'x'.repeat(10_000)}`)).toMatch(/^no credentials for project P x{78}…: /);
  });
});
