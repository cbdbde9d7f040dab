import { alikeKey } from '../contract/alike-key.js';
import { nearKey } from '../contract/near-key.js';
import { isReservedParameter } from '../contract/parameters.js';
import { toSingleLine } from '../contract/text.js';
import { RECORD_KEYS } from './flat-record.js';
import { UsageError } from './usage-error.js';

/**
 * The columns that a header line names. Those without a name are let through, as spreadsheets write them; cells in them
 * are not.
 *
 * A column that is there twice, that nothing is known about, or without which no record can be right is a mistake of the file,
 * not of each of its records.
 *
 * @throws {UsageError} naming all columns that are wrong, or else those of `required` that are not there.
 */
export function readColumns(
  header: readonly string[],
  delimiter: string,
  path: string,
  required: readonly string[],
): readonly string[] {
  const columns = header.map((name) => name.trim());
  const problems = columns.flatMap((name, index) => {
    if (name === '') return [];
    const problem = columns.indexOf(name) < index ? 'is there twice' : describeUnknown(name);
    return problem === undefined ? [] : [`column "${toSingleLine(name, 80)}" ${problem}`];
  });
  // A column that is misspelt is missing as well, which need not be said twice.
  if (problems.length === 0) problems.push(...describeMissing(columns, required));
  if (problems.length === 0) return columns;
  const [only] = columns;
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
    if (alike !== undefined) return `is unknown; write "${alike}"`;
    const near = nearColumn(name);
    const guess = near === undefined ? '' : ` (did you mean "${toSingleLine(near, 80)}"?)`;
    return `is unknown${guess}; extra parameters are columns named params.x`;
  }
  const parameter = name.slice('params.'.length);
  if (parameter === '') return 'names no parameter';
  return isReservedParameter(parameter)
    ? 'is a parameter of the protocol itself, which has a column of its own or comes from the credentials'
    : undefined;
}

function nearColumn(name: string): string | undefined {
  const dot = name.indexOf('.');
  if (dot < 0) return nearKey(name, RECORD_KEYS);
  return nearKey(name.slice(0, dot), ['params']) === undefined ? undefined : `params${name.slice(dot)}`;
}

function describeMissing(columns: readonly string[], required: readonly string[]): readonly string[] {
  const missing = required.filter((key) => !columns.includes(key)).map((key) => `"${key}"`);
  if (missing.length === 0) return [];
  return [`there is no column ${missing.join(' and none ')}, which every record must have`];
}
