import { describe, expect, it } from 'vitest';
import { readFlatRecord, recordFromRow } from '../../src/cli/flat-record.js';
import { flatRecord } from './records.js';

describe('a flat record', () => {
  it('is an event with its project and id beside it', () => {
    const { projectId, ...event } = flatRecord({ params: { n: 1 } });
    expect(readFlatRecord({ ...event, projectId: ' P-1 ', id: '7' })).toEqual({
      item: { event, projectId: 'P-1', id: '7' },
    });
    expect(projectId).toBeDefined();
  });

  it.each([{ projectId: '  ' }, { projectId: null }, {}])('names no project with %j', (given) => {
    expect(readFlatRecord({ ...flatRecord({ projectId: undefined }), ...given })).toMatchObject({
      item: { projectId: undefined },
    });
  });

  it('says that projectId and id must be texts, both at once', () => {
    expect(readFlatRecord({ projectId: 5, id: {} })).toEqual({
      issues: [
        { path: ['projectId'], message: 'must be a text, but a number was given; put it in quotes' },
        { path: ['id'], message: 'must be a text, but an object was given' },
      ],
    });
  });

  it.each([
    ['project_id', 'projectId'],
    ['ProjectID', 'projectId'],
    ['ID', 'id'],
  ])('has no key %s, which would send the event to the default project or lose its id', (key, meant) => {
    expect(readFlatRecord(flatRecord({ [key]: 'x' }))).toEqual({
      issues: [{ path: [], message: `unknown key "${key}"; write "${meant}"` }],
    });
  });

  it.each(['projctId', 'project', 'projcet_id'])('has no key %s, which may have been meant for the project', (key) => {
    expect(readFlatRecord(flatRecord({ [key]: 'x' }))).toEqual({
      issues: [{ path: [], message: `unknown key "${key}" (did you mean "projectId"?)` }],
    });
  });

  it.each(['x y', 'P-1/2', 'ü'])('has no project id that no credentials could have: %j', (projectId) => {
    expect(readFlatRecord(flatRecord({ projectId }))).toEqual({
      issues: [{ path: ['projectId'], message: 'may hold letters, digits, "-" and "_" only' }],
    });
  });

  it('says that it is flat where the event is an object in it', () => {
    expect(readFlatRecord({ projectId: 'P-1', event: { type: 'custom' } })).toEqual({
      issues: [{ path: ['event'], message: 'a record is flat: write its keys beside projectId and id' }],
    });
  });

  it('leaves other unknown keys to the schema of events, so that they do not vanish', () => {
    expect(readFlatRecord({ utm_source: 'x' })).toMatchObject({ item: { event: { utm_source: 'x' } } });
    const hostile = readFlatRecord(JSON.parse('{"__proto__": {"type": "custom"}}') as object);
    expect('item' in hostile && Object.keys(hostile.item.event)).toEqual(['__proto__']);
  });

  it('loses the reason that this program put beside it, and no other key of that name', () => {
    expect(readFlatRecord({ type: 'custom', error: { code: 'network', message: 'refused' } })).toMatchObject({
      item: { event: { type: 'custom' } },
    });
    expect(readFlatRecord({ error: 'mine' })).toMatchObject({ item: { event: { error: 'mine' } } });
  });
});

describe('a row', () => {
  it('becomes a record, parameters under their names', () => {
    expect(recordFromRow(['type', 'params.a.b', 'params.c'], ['custom', '1', ''])).toEqual({
      type: 'custom',
      params: { 'a.b': '1' },
    });
  });

  it('cannot change what an object is', () => {
    const record = recordFromRow(['__proto__', 'params.__proto__'], ['x', 'y']);
    expect(JSON.stringify(record)).toBe('{"__proto__":"x","params":{"__proto__":"y"}}');
    expect(Object.getPrototypeOf(record)).toBe(Object.prototype);
  });
});
