import { alikeKey } from '../contract/alike-key.js';
import { isReservedParameter } from '../contract/parameters.js';
import { toSingleLine } from '../contract/text.js';
import { RECORD_KEYS } from './flat-record.js';
import { UsageError } from './usage-error.js';

/**
 * The columns that a header line names. Those without a name are let through, as spreadsheets write them; cells in them
 * are not.
 *
 * A column that is there twice or that nothing is known about is a mistake of the file, not of each of its records.
 *
 * @throws {UsageError} naming all columns that are wrong.
 */
export function readColumns(header: readonly string[], delimiter: string, path: string): readonly string[] {
  const columns = header.map((name) => name.trim());
  const problems = columns.flatMap((name, index) => {
    if (name === '') return [];
    const problem = columns.indexOf(name) < index ? 'is there twice' : describeUnknown(name);
    return problem === undefined ? [] : [`column "${toSingleLine(name, 80)}" ${problem}`];
  });
  const [only] = columns;
  if (problems.length === 0) return columns;
  const other = OTHER_DELIMITERS.find(([character]) => character !== delimiter && only?.includes(character) === true);
  if (columns.length === 1 && other !== undefined)
    throw new UsageError(
      `${path}: the header line is one column; give --delimiter ${other[1]} if that separates the cells`,
    );
  const shown = problems.slice(0, PROBLEMS_SHOWN);
  const more = problems.length > shown.length ? [`… and ${problems.length - shown.length} more`] : [];
  throw new UsageError(`${path}: ${[...shown, ...more].join('; ')}`);
}

const PROBLEMS_SHOWN = 10;
const OTHER_DELIMITERS = [
  [';', '";"'],
  ['\t', 'tab'],
  ['|', '"|"'],
  [',', '","'],
] as const;

function describeUnknown(name: string): string | undefined {
  if (RECORD_KEYS.has(name) || name === 'error' || name.startsWith('error.')) return undefined;
  if (!name.startsWith('params.')) {
    const alike = alikeKey(name, RECORD_KEYS);
    return alike === undefined
      ? `is unknown; extra parameters are columns named params.x`
      : `is unknown; write "${alike}"`;
  }
  const parameter = name.slice('params.'.length);
  if (parameter === '') return 'names no parameter';
  return isReservedParameter(parameter)
    ? 'is a parameter of the protocol itself, which has a column of its own or comes from the credentials'
    : undefined;
}
