import { expect, it } from 'vitest';
import { projectOf } from '../../src/cli/record-project.js';
import { parseCredentials } from '../../src/contract/credentials.js';
import { canaryCredentials } from '../support/canary.js';
import { problemsOf } from '../contract/problems-of.js';

const defaultProject = parseCredentials(canaryCredentials({ projectId: 'P-1' }));

it('a record is for the project that it names, or else for the default', () => {
  expect(projectOf({ projectId: 'P-2' }, { defaultProject })).toBe('P-2');
  expect(projectOf({}, { defaultProject })).toBe('P-1');
  expect(projectOf({ projectId: 'P-2' }, { defaultProject: undefined })).toBe('P-2');
});

it('a record that names none where there is no default is told what to do', () => {
  expect(problemsOf(() => projectOf({}, { defaultProject: undefined }))).toEqual([
    'projectId: is required where no single project is the default; name it in the record, or give credentials of one project only',
  ]);
});
