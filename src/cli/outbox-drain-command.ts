import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { Outbox } from '../outbox/outbox.js';
import { sqliteQueue } from '../outbox/sqlite/sqlite-queue.js';
import { addClientOptions, createClient, CREDENTIALS_HELP, type ClientFlags } from './client-options.js';
import { readCredentials } from './credentials-source.js';
import { drainOutbox } from './drain-outbox.js';
import { EXIT_CODE } from './exit-code.js';
import { stopOnSignal } from './stop-on-signal.js';
import type { Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';

interface DrainFlags extends ClientFlags {
  readonly wait?: boolean;
  readonly json?: boolean;
}

const HELP = `${CREDENTIALS_HELP}

Ctrl-C ends it in order: what is out is awaited for 10 seconds and handed back. Several may drain one outbox at once.

Exit code: 0 nothing is left and nothing died, 1 something is left or died, 2 the call was wrong, 130 interrupted.`;

/** `outbox drain`: delivers what is due. */
export function createOutboxDrainCommand(terminal: Terminal): Command {
  const command = new Command('drain')
    .summary('deliver what is due')
    .description('Delivers the events of an outbox until none is due any more.')
    .argument('<file>', 'the file of the outbox');
  return addClientOptions(command)
    .option('--wait', 'wait for events that are due later as well, however long that takes')
    .option('--json', 'as JSON')
    .addHelpText('after', HELP)
    .action((file: string, flags: DrainFlags) => drain(file, flags, terminal));
}

async function drain(file: string, flags: DrainFlags, terminal: Terminal): Promise<void> {
  if (!existsSync(file)) throw new UsageError(`there is no outbox ${file}`);
  const credentials = readCredentials(flags.credentials, process.env);
  for (const warning of credentials.warnings) terminal.note(`warning: ${warning}`);
  const client = createClient(flags, credentials);
  const outbox = new Outbox({ client, queue: sqliteQueue({ path: file }), credentials: credentials.get });
  const stop = stopOnSignal({
    onFirst: () => terminal.note('Stopping: waiting for what is out. Once more to stop at once.'),
    // What is out is due again when its lease is over.
    onSecond: () => process.exit(EXIT_CODE.interrupted),
  });
  try {
    const stats = await drainOutbox(outbox, { all: flags.wait === true, stop: stop.signal });
    const { delivered, rescheduled, dead } = outbox.counters();
    const left = stats.ready + stats.leased + stats.delayed;
    terminal.print(
      flags.json === true
        ? JSON.stringify({ delivered, rescheduled, dead, left })
        : `${delivered} delivered, ${left} left (${rescheduled} put off), ${dead} became dead letters`,
    );
    const done = left === 0 && dead === 0 ? EXIT_CODE.ok : EXIT_CODE.incomplete;
    process.exitCode = stop.signal.aborted ? EXIT_CODE.interrupted : done;
  } finally {
    stop.dispose();
    await outbox.close({ timeoutMs: 10_000 });
    await client.close({ timeoutMs: 0 });
  }
}
