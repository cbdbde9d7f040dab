import { parseArgs } from 'node:util';
import type { Scenario } from './scenarios/scenario.js';
import type { Size } from './settings.js';

/** What the command line asks for. */
export interface Arguments {
  readonly scenarios: readonly Scenario[];
  readonly size: Size;
  readonly rounds: number;
  /** Tables in any case but with `json`; with `markdown` the documents as well. */
  readonly output: 'table' | 'markdown' | 'json';
}

const ROUNDS: Readonly<Record<Size, number>> = { tiny: 1, quick: 3, full: 5 };

/** What `--help` shows. */
export function usage(scenarios: readonly Scenario[]): string {
  const width = Math.max(...scenarios.map(({ name }) => name.length));
  return [
    'npm run bench -- [scenario …] [options]',
    '',
    '  --quick       a first look in a minute or two',
    '  --tiny        only to see that everything works; its figures say nothing',
    `  --rounds <n>  times that everything is measured anew, in fresh processes (${ROUNDS.full}; ${ROUNDS.quick} with --quick)`,
    '  --markdown    writes the document and the chart of this line of Node into docs/benchmarks as well',
    '  --json        prints everything for machines',
    '',
    'Scenarios, all of them if none is named:',
    '',
    ...scenarios.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`),
  ].join('\n');
}

/**
 * Reads the command line.
 *
 * @throws {Error} that says what is wrong with it.
 */
export function readArguments(args: readonly string[], scenarios: readonly Scenario[]): Arguments | 'help' {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      tiny: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      markdown: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const size = values.tiny ? 'tiny' : values.quick ? 'quick' : 'full';
  const rounds = values.rounds === undefined ? ROUNDS[size] : Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new RangeError('--rounds must be a whole number, at least 1');
  const named = positionals.map((name) => {
    const scenario = scenarios.find((candidate) => candidate.name === name);
    if (scenario === undefined) throw new RangeError(`there is no scenario "${name}"; see --help`);
    return scenario;
  });
  if (values.markdown && (named.length > 0 || values.json || values.tiny)) {
    throw new RangeError(
      '--markdown goes with all scenarios, without --tiny and --json: its document is never partial',
    );
  }
  const output = values.markdown ? 'markdown' : values.json ? 'json' : 'table';
  return { scenarios: named.length > 0 ? named : scenarios, size, rounds, output };
}
