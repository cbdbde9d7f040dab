import { describe, expect, it } from 'vitest';
import { readRecord } from '../../src/forward/forward-record.js';

describe('a record', () => {
  it('is taken apart', () => {
    const event = { type: 'custom' };
    expect(readRecord({ event, projectId: 'A', id: '7' })).toEqual({ event, projectId: 'A', id: '7', issues: [] });
    expect(readRecord({ event })).toEqual({ event, projectId: undefined, id: undefined, issues: [] });
    expect(readRecord({ event, projectId: undefined, id: null }).issues).toEqual([]);
  });

  it.each([
    ['project_id', '; write "projectId"'],
    ['projectid', '; write "projectId"'],
    ['ID', '; write "id"'],
    ['deviceIdentifier', ''],
  ])('with the unknown key %s is refused, so that its event goes to no other project', (key, hint) => {
    const { event, issues } = readRecord({ event: 1, [key]: 'A' });
    expect(event).toBe(1);
    expect(issues).toEqual([{ path: [key], message: `is no key of a record { event, projectId?, id? }${hint}` }]);
  });

  it.each([
    [null, 'must be a text, but null was given'],
    ['', 'is empty; name the project'],
    ['  ', 'is empty; name the project'],
    [7, 'must be a text, but a number was given; put it in quotes'],
    [{}, 'must be a text, but an object was given'],
  ])('with the project id %j is refused', (projectId, told) => {
    const { issues, ...read } = readRecord({ event: 1, projectId });
    expect(read.projectId).toBeUndefined();
    expect(issues).toEqual([{ path: ['projectId'], message: `${told}, or leave it out for the default project` }]);
  });

  it('with an id that is no text is refused', () => {
    expect(readRecord({ event: 1, id: 7 }).issues).toEqual([
      { path: ['id'], message: 'must be a text, but a number was given; put it in quotes' },
    ]);
  });

  it.each([null, undefined, 'text', 7])('is no record: %j', (item) => {
    expect(readRecord(item).issues).toEqual([{ path: [], message: 'must be an object { event, projectId?, id? }' }]);
  });

  it('that cannot be read is refused', () => {
    const item = {
      get event(): never {
        throw new Error('odd');
      },
    };
    expect(readRecord(item).issues[0]?.message).toContain('could not be read');
  });
});
