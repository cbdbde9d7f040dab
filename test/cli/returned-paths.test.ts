import { describe, expect, it } from 'vitest';
import { returnedPaths } from '../../src/cli/returned-paths.js';
import { workFolder } from './work-folder.js';

function prepare(...names: readonly string[]) {
  const folder = workFolder();
  for (const name of names) folder.write(name, '');
  return {
    at: (name: string) => folder.at(name),
    pathsAfter: (name: string, begun = {}) => {
      const { rejected, failed } = returnedPaths(folder.at(name), begun);
      return [rejected, failed].map((path) => path.slice(folder.path.length + 1));
    },
  };
}

describe('the files of what comes back', () => {
  it('have the name of the input', () => {
    expect(prepare().pathsAfter('a.csv')).toEqual(['a.csv.rejected.ndjson', 'a.csv.failed.ndjson']);
  });

  it('have the first number that is free of their own kind, where the input came back itself', () => {
    const { pathsAfter } = prepare('a.csv.failed.ndjson', 'a.csv.failed-2.ndjson', 'a.csv.failed-3.ndjson');
    for (const input of ['a.csv.failed.ndjson', 'a.csv.rejected.ndjson', 'a.csv.failed-3.ndjson'])
      expect(pathsAfter(input)).toEqual(['a.csv.rejected-2.ndjson', 'a.csv.failed-4.ndjson']);
  });

  it('pass over a number whose checkpoint is still there', () => {
    const { pathsAfter } = prepare('a.csv.failed-2.ndjson.checkpoint');
    expect(pathsAfter('a.csv.failed.ndjson')).toEqual(['a.csv.rejected-2.ndjson', 'a.csv.failed-3.ndjson']);
  });

  it('are those that the run has begun, where it goes on', () => {
    const { at, pathsAfter } = prepare('a.csv.failed-2.ndjson');
    const begun = { failed: { path: at('a.csv.failed-2.ndjson'), bytes: 5 } };
    expect(pathsAfter('a.csv.failed.ndjson', begun)).toEqual(['a.csv.rejected-2.ndjson', 'a.csv.failed-2.ndjson']);
  });
});
