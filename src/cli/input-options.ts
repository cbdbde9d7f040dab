import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import type { FormatOption } from './open-input.js';

/** Options of all commands that read files of records, as commander hands them over. */
export interface InputFlags {
  readonly format: FormatOption;
  readonly delimiter: string;
}

/** Gives a command its files and the options that say how to read them. */
export function addInputOptions(command: Command): Command {
  return command
    .argument('<files...>', 'files in order; - is standard input')
    .addOption(
      new Option('--format <format>', 'format of the records; auto goes by the file name')
        .choices(['auto', 'ndjson', 'csv'])
        .default('auto'),
    )
    .option('--delimiter <character>', 'what separates the cells of CSV; tab for a tab', delimiter, ',');
}

function delimiter(text: string): string {
  if (text === 'tab' || text === '\\t') return '\t';
  if (text.length !== 1 || /["\r\n]/.test(text))
    throw new InvalidArgumentError('must be one character, and neither a quote nor a line break');
  return text;
}
