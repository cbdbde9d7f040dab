import { Command } from 'commander';
import { Outbox } from '../outbox/outbox.js';
import type { OutboxCounters } from '../outbox/outbox-report.js';
import type { SqliteQueue } from '../outbox/sqlite/sqlite-queue.js';
import { addClientOptions, createClient, CREDENTIALS_HELP, type ClientFlags } from './client-options.js';
import { readSendingCredentials, type CredentialsSource } from './credentials-source.js';
import { DrainNotes } from './drain-notes.js';
import { drainOutbox } from './drain-outbox.js';
import { EXIT_CODE } from './exit-code.js';
import { LastingTroubles, stopWithinMs } from './lasting-troubles.js';
import { describeLeft, leftAsJson, type OutboxReport } from './outbox-report.js';
import { stopOnSignal } from './stop-on-signal.js';
import { openStoredOutbox, withStoredOutbox } from './stored-outbox.js';
import type { Terminal } from './terminal.js';

interface DrainFlags extends ClientFlags {
  readonly wait?: boolean;
  readonly json?: boolean;
}

const HELP = `${CREDENTIALS_HELP}

What waits for its next attempt is due at once, of the projects whose credentials are given.

A region that has been in trouble for longer than --deadline is no longer waited for; --wait waits for it, for events that
are due later, and for those on hold.

Ctrl-C ends it in order: what is out is awaited for up to 10 seconds and handed back. Several may drain one outbox at once.

Exit code: 0 nothing is left and nothing died, 1 something is left or died, 2 the call was wrong, 130 interrupted.`;

/** `outbox drain`: delivers what is due. */
export function createOutboxDrainCommand(terminal: Terminal): Command {
  const command = new Command('drain')
    .summary('deliver what is due')
    .description(
      'Delivers the events of an outbox until none is due any more but those on hold or of a region in trouble, and says by project what is left and why.',
    )
    .argument('<file>', 'the file of the outbox');
  return addClientOptions(command)
    .option('--wait', 'wait for all other events as well, however long that takes')
    .option('--json', 'as JSON')
    .addHelpText('after', HELP)
    .action((file: string, flags: DrainFlags) => drain(file, flags, terminal));
}

async function drain(file: string, flags: DrainFlags, terminal: Terminal): Promise<void> {
  const credentials = readSendingCredentials(flags.credentials, process.env);
  for (const warning of credentials.warnings) terminal.note(`warning: ${warning}`);
  const notes = new DrainNotes(terminal);
  const { deadline } = flags;
  const troubles = new LastingTroubles({ credentials: credentials.all, patienceS: deadline });
  const client = createClient(flags, credentials, (notice) => {
    notes.onClientNotice(notice);
    troubles.onNotice(notice);
  });
  const queue = await openStoredOutbox(file);
  const outbox = new Outbox({
    client,
    queue,
    credentials: credentials.get,
    deadlineMs: deadline === undefined ? undefined : deadline * 1000,
    onNotice: notes.onOutboxNotice,
  });
  const stop = stopOnSignal({
    onFirst: () => terminal.note('Stopping: waiting for what is out. Once more to stop at once.'),
    // What is out is due again when its lease is over.
    onSecond: () => process.exit(EXIT_CODE.interrupted),
  });
  const { onHold } = notes;
  try {
    await releaseProjects(queue, credentials);
    await drainOutbox(outbox, { queue, onHold, troubles, all: flags.wait === true, stop: stop.signal });
  } finally {
    if (flags.wait !== true) for (const line of troubles.describe()) terminal.note(line);
    // First, so that what is out ends and is counted as what it becomes.
    await outbox.close({ timeoutMs: stopWithinMs(troubles) });
    await client.close({ timeoutMs: 0 });
    stop.dispose();
  }
  const projects = await withStoredOutbox(file, (stored) => stored.partitions());
  const left = projects.reduce((sum, { ready, delayed, leased }) => sum + ready + delayed + leased, 0);
  const counters = outbox.counters();
  // Set before anything is printed: whoever reads that may close the pipe.
  const done = left === 0 && counters.dead === 0 ? EXIT_CODE.ok : EXIT_CODE.incomplete;
  process.exitCode = stop.signal.aborted ? EXIT_CODE.interrupted : done;
  const report = { path: file, projects, onHold, now: Date.now() };
  for (const line of flags.json === true ? [drainAsJson(counters, left, report)] : describe(counters, left, report))
    terminal.print(line);
}

/** Whoever drains with credentials of a project has seen to what kept it waiting. */
async function releaseProjects(queue: SqliteQueue, { all }: CredentialsSource): Promise<void> {
  const known = new Set(all.map(({ projectId }) => projectId));
  for (const { partition, delayed } of await queue.partitions())
    if (delayed > 0 && known.has(partition)) await queue.release(partition);
}

function describe({ delivered, rescheduled, dead }: OutboxCounters, left: number, report: OutboxReport): string[] {
  const totals = `${delivered} delivered, ${left} left (${rescheduled} put off), ${dead} became dead letters`;
  return [totals, ...describeLeft(report)];
}

function drainAsJson({ delivered, rescheduled, dead }: OutboxCounters, left: number, report: OutboxReport): string {
  return JSON.stringify({ delivered, rescheduled, dead, left, projects: leftAsJson(report) });
}
