import { Command, CommanderError } from 'commander';
import { isAttributionError } from '../errors.js';
import { VERSION } from '../version.js';
import { createCheckCommand } from './check-command.js';
import { createEmulateCommand } from './emulate-command.js';
import { EXIT_CODE } from './exit-code.js';
import { describeFileTrouble, FileError } from './file-error.js';
import { createForwardCommand } from './forward-command.js';
import { createOutboxCommand } from './outbox-command.js';
import { createSendCommand } from './send-command.js';
import { processTerminal, type Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';

/** Makes the program `clevertap-attribution` with all its commands. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command('clevertap-attribution')
    .description('Forwards mobile attribution events to CleverTap.')
    .version(VERSION)
    .showHelpAfterError('(add --help for what is possible)')
    .exitOverride();
  for (const create of [
    createForwardCommand,
    createSendCommand,
    createCheckCommand,
    createEmulateCommand,
    createOutboxCommand,
  ]) {
    const command = create(terminal).exitOverride().showHelpAfterError('(add --help for what is possible)');
    program.addCommand(command);
  }
  return program;
}

/** Runs the program; the exit code is left in `process.exitCode`. */
export async function main(argv: readonly string[], terminal: Terminal = processTerminal): Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // A reader such as `head` that has seen enough is no error.
    if (error.code === 'EPIPE') process.exit();
    terminal.note(`error: cannot write to standard output: ${describeFileTrouble(error)}`);
    process.exit(EXIT_CODE.incomplete);
  });
  // That nobody reads the lines about a run is no reason to end it.
  process.stderr.on('error', () => undefined);
  try {
    await createProgram(terminal).parseAsync(argv);
  } catch (error) {
    process.exitCode = reportError(error, terminal);
  }
}

function reportError(error: unknown, terminal: Terminal): number {
  // commander has printed what it had to say; asking for help or the version is no mistake.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODE.ok : EXIT_CODE.usage;
  if (error instanceof UsageError) {
    terminal.note(`error: ${error.message}`);
    return EXIT_CODE.usage;
  }
  if (error instanceof FileError || isAttributionError(error)) {
    terminal.note(`error: ${error.message}`);
    return EXIT_CODE.incomplete;
  }
  throw error;
}
