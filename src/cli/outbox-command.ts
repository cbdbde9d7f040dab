import { Command } from 'commander';
import { toSingleLine } from '../contract/text.js';
import type { DeadLetter, Queue, QueueStats } from '../outbox/queue.js';
import type { PartitionStats } from '../outbox/sqlite/partition-stats.js';
import type { SqliteQueue } from '../outbox/sqlite/sqlite-queue.js';
import { wholeNumber } from './client-options.js';
import { EXIT_CODE } from './exit-code.js';
import { createOutboxAddCommand } from './outbox-add-command.js';
import { createOutboxDrainCommand } from './outbox-drain-command.js';
import { describeLeft, describeStats, leftAsJson, type OutboxReport } from './outbox-report.js';
import { withStoredOutbox } from './stored-outbox.js';
import { alignColumns } from './summary.js';
import type { Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';

interface JsonFlag {
  readonly json?: boolean;
}

interface LettersFlags extends JsonFlag {
  readonly limit: number;
  readonly after?: string;
}

interface AllFlag extends JsonFlag {
  readonly all?: boolean;
}

const STATUS_HELP = `
Which projects are on hold is known to those alone who deliver: "drain" says "on hold" of what is due now here, beside a
last failure such as 401.

Exit code: 0 nothing is dead, 1 there are dead letters, 2 the call was wrong.`;

const LETTERS = {
  replay: {
    summary: 'make dead letters due again',
    description: 'Makes dead letters due now: whoever delivers the outbox tries them again.',
    done: 'replayed',
  },
  discard: {
    summary: 'drop dead letters for good',
    description: 'Drops dead letters for good. "dead --json" prints them first, events included.',
    done: 'discarded',
  },
} as const;

/** Dead letters that are replayed or discarded in one step. */
const BATCH = 500;

/** `outbox`: looks into an outbox's file, puts right what is in it, and delivers it. */
export function createOutboxCommand(terminal: Terminal): Command {
  const program = new Command('outbox')
    .summary('look into an outbox, repair it, and deliver what is in it')
    .description('Works on the file of an embedded outbox, also while a service has it open.');
  const commands = [
    createStatusCommand(terminal),
    createDeadCommand(terminal),
    createLettersCommand(terminal, 'replay'),
    createLettersCommand(terminal, 'discard'),
    createReleaseCommand(terminal),
    createOutboxAddCommand(terminal),
    createOutboxDrainCommand(terminal),
  ];
  for (const command of commands) {
    program.addCommand(command.exitOverride().showHelpAfterError('(add --help for what is possible)'));
  }
  return program;
}

function createStatusCommand(terminal: Terminal): Command {
  return new Command('status')
    .summary('how much is stored, for how long, and why')
    .description(
      'Says how many events wait, are out and are dead, the age of the oldest that is not dead, and by project what is left and why.',
    )
    .argument('<file>', 'the file of the outbox')
    .option('--json', 'as JSON')
    .addHelpText('after', STATUS_HELP)
    .action((file: string, { json }: JsonFlag) =>
      withQueue(file, async (queue) => {
        const stats = await queue.stats();
        const report = { path: file, projects: await queue.partitions(), onHold: undefined, now: Date.now() };
        if (json === true) {
          const { oldestAgeMs = null, ...counts } = stats;
          terminal.print(JSON.stringify({ ...counts, oldestAgeMs, projects: leftAsJson(report) }));
        } else for (const line of describeStored(stats, report)) terminal.print(line);
        return stats.dead === 0 ? EXIT_CODE.ok : EXIT_CODE.incomplete;
      }),
    );
}

function describeStored(stats: QueueStats, report: OutboxReport): string[] {
  const left = describeLeft(report);
  return [...describeStats(stats), ...(left.length > 0 ? ['', ...left] : [])];
}

function createDeadCommand(terminal: Terminal): Command {
  return new Command('dead')
    .summary('list dead letters with their reasons')
    .description('Lists dead letters, oldest first. With --json, each is a line with the event as it is stored.')
    .argument('<file>', 'the file of the outbox')
    .option('--limit <n>', 'list so many at most', wholeNumber, 100)
    .option('--after <id>', 'go on behind this one')
    .option('--json', 'a JSON object for each')
    .addHelpText('after', '\nExit code: 0 also where there are none, 2 the call was wrong.')
    .action((file: string, { limit, after, json }: LettersFlags) =>
      withQueue(file, async (queue) => {
        const letters: DeadLetter[] = [];
        for await (const letter of queue.dead({ limit, ...(after !== undefined && { after }) })) letters.push(letter);
        if (json === true) for (const letter of letters) terminal.print(letterAsJson(letter));
        else for (const line of describeLetters(letters)) terminal.print(line);
        return EXIT_CODE.ok;
      }),
    );
}

function letterAsJson({ id, partition, reason, deliveries, addedAt, diedAt, payload }: DeadLetter): string {
  const times = { addedAt: new Date(addedAt).toISOString(), diedAt: new Date(diedAt).toISOString() };
  return JSON.stringify({ id, projectId: partition, reason, deliveries, ...times, stored: payload });
}

function describeLetters(letters: readonly DeadLetter[]): string[] {
  if (letters.length === 0) return ['no dead letters'];
  const rows = letters.map(({ id, partition, reason, diedAt }) => [
    new Date(diedAt).toISOString(),
    toSingleLine(partition, 60),
    id,
    toSingleLine(reason, 160),
  ]);
  return alignColumns([['died', 'project', 'id', 'reason'], ...rows]);
}

function createLettersCommand(terminal: Terminal, name: keyof typeof LETTERS): Command {
  const { summary, description, done } = LETTERS[name];
  return new Command(name)
    .summary(summary)
    .description(description)
    .argument('<file>', 'the file of the outbox')
    .argument('[ids...]', 'ids of dead letters')
    .option('--all', 'all of them')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `\nExit code: 0 all of them were ${done}, 1 some ids are of no dead letter, 2 the call was wrong.`,
    )
    .action((file: string, ids: string[], { all, json }: AllFlag) => {
      if ((all === true) === ids.length > 0) throw new UsageError('give either ids or --all');
      return withQueue(file, async (queue) => {
        const unknown = all === true ? [] : await notDead(queue, ids);
        const count = all === true ? await forAll(queue, name) : await queue[name](ids);
        terminal.print(json === true ? JSON.stringify({ [done]: count }) : `${count} ${done}`);
        for (const id of unknown) terminal.note(`${toSingleLine(id, 200)} is of no dead letter`);
        return unknown.length === 0 ? EXIT_CODE.ok : EXIT_CODE.incomplete;
      });
    });
}

/** Which of some ids are of no dead letter. */
async function notDead(queue: Queue, ids: readonly string[]): Promise<readonly string[]> {
  const unknown = new Set(ids);
  for await (const { id } of queue.dead()) unknown.delete(id);
  return [...unknown];
}

async function forAll(queue: Queue, name: 'replay' | 'discard'): Promise<number> {
  let total = 0;
  for (;;) {
    const ids: string[] = [];
    for await (const { id } of queue.dead({ limit: BATCH })) ids.push(id);
    if (ids.length === 0) return total;
    total += await queue[name](ids);
  }
}

function createReleaseCommand(terminal: Terminal): Command {
  return new Command('release')
    .summary('make the waiting events of a project due now')
    .description(
      'Makes due now what waits for its next attempt, after a customer’s credentials were replaced or when waiting is no use any more.',
    )
    .argument('<file>', 'the file of the outbox')
    .argument('<project>', 'project id')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nExit code: 0 done, 1 the project has nothing that could be delivered, 2 the call was wrong.',
    )
    .action((file: string, projectId: string, { json }: JsonFlag) =>
      withQueue(file, async (queue) => {
        const released = await queue.release(projectId);
        const project = (await queue.partitions()).find(({ partition }) => partition === projectId);
        const { ready = 0, leased = 0 } = project ?? {};
        if (json === true) terminal.print(JSON.stringify({ released, ready, leased }));
        else terminal.print(describeReleased(released, projectId, project));
        return ready + leased > 0 ? EXIT_CODE.ok : EXIT_CODE.incomplete;
      }),
    );
}

function describeReleased(released: number, projectId: string, project: PartitionStats | undefined): string {
  const name = toSingleLine(projectId, 60);
  if (project === undefined) return `nothing of project ${name} is stored`;
  const { ready, leased, dead } = project;
  const out = leased === 0 ? '' : `, ${leased} out for delivery`;
  return ready + leased === 0
    ? `project ${name} has nothing but dead letters: ${dead}`
    : `${ready} due now (${released} of them had to wait)${out}`;
}

/** Works on an outbox that is there; the work gives the exit code. */
async function withQueue(path: string, work: (queue: SqliteQueue) => Promise<number>): Promise<void> {
  process.exitCode = await withStoredOutbox(path, work);
}
