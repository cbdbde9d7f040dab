import type { CheckpointState } from './checkpoint-state.js';
import type { DeliveryDoubts } from './delivery-doubts.js';
import type { SettledStatus, StatusTotals } from './status-totals.js';

// Each entry ends with a semicolon, so that one which a crash tore does not pass for another: `d 12` is no `d 123;`.

/** What the line for a record that ended says of it. */
export interface SettledEntry {
  readonly ordinal: number;
  readonly status: SettledStatus;
  /** Number of its project, for which there is a line before. */
  readonly project: number;
  /** Numbers of the reasons why it was not delivered, for which there are lines before. */
  readonly reasons: readonly number[];
  /** Size of its file of rejected or failed records after it. */
  readonly fileBytes: number;
}

/** The line for a record that ended. */
export function writeEntry({ ordinal, status, project, reasons, fileBytes }: SettledEntry): string {
  const returned = status === 'delivered' ? '' : ` ${reasons.join(',') || '-'} ${fileBytes}`;
  return `${LETTERS[status]} ${ordinal} ${project}${returned};\n`;
}

/** The line that gives a project its number, and says what became of its records in what this file tells in short. */
export function writeProject(number: number, projectId: string, totals: StatusTotals): string {
  return `p ${number} ${totals.delivered} ${totals.rejected} ${totals.failed} ${JSON.stringify(projectId)};\n`;
}

/** The line that gives a reason its number, and says how often it came up in what this file tells in short. */
export function writeReason(number: number, reason: string, count: number): string {
  return `w ${number} ${count} ${JSON.stringify(reason)};\n`;
}

/** The line for a file of rejected or failed records that was just made. */
export function writeBeginning(status: 'rejected' | 'failed', path: string): string {
  return `${LETTERS[status]} ${JSON.stringify(path)};\n`;
}

/** The line that says what is not certain about the deliveries of all runs up to here; the last such line counts. */
export function writeDoubts({ maybeDuplicate, unconfirmed }: DeliveryDoubts): string {
  return `u ${maybeDuplicate} ${unconfirmed};\n`;
}

/** The line that says that the inputs came to their end. */
export const END_ENTRY = 'end;\n';

const LETTERS = { delivered: 'd', rejected: 'r', failed: 'f' } as const;
const DELIVERED = /^d (\d+) (\d+);$/;
const RETURNED = /^([rf]) (\d+) (\d+) (\d+(?:,\d+)*|-) (\d+);$/;
const RANGE = /^\+ (\d+) (\d+);$/;
const PROJECT = /^p (\d+) (\d+) (\d+) (\d+) (".*");$/;
const REASON = /^w (\d+) (\d+) (".*");$/;
const DOUBTS = /^u (\d+) (\d+);$/;
const BEGINNING = /^([rf]) (".*");$/;

/** Applies entries to a state; holds the names that their numbers stand for. */
export class EntryReader {
  readonly #projects = new Map<number, string>();
  readonly #reasons = new Map<number, string>();

  constructor(
    /** Kept up by `apply`. */
    readonly state: CheckpointState,
  ) {}

  /** Applies a line; false for one that a crash tore, which changes nothing. */
  apply(text: string): boolean {
    return (
      this.#applyDelivered(text) ||
      this.#applyReturned(text) ||
      this.#applyRange(text) ||
      this.#applyProject(text) ||
      this.#applyReason(text) ||
      this.#applyDoubts(text) ||
      this.#applyBeginning(text) ||
      this.#applyEnd(text)
    );
  }

  #applyDelivered(text: string): boolean {
    const [, ordinal, project] = DELIVERED.exec(text) ?? [];
    if (ordinal === undefined) return false;
    const { settled, tally } = this.state;
    if (settled.add(Number(ordinal))) tally.add('delivered', this.#projects.get(Number(project)));
    return true;
  }

  #applyReturned(text: string): boolean {
    const [, letter, ordinal, project, reasons = '', fileBytes] = RETURNED.exec(text) ?? [];
    if (ordinal === undefined) return false;
    const { settled, tally, returned } = this.state;
    if (!settled.add(Number(ordinal))) return true;
    const status = statusOf(letter);
    const names = reasons.split(',').flatMap((number) => this.#reasons.get(Number(number)) ?? []);
    tally.add(status, this.#projects.get(Number(project)), names);
    const file = returned[status];
    if (file !== undefined) returned[status] = { path: file.path, bytes: Number(fileBytes) };
    return true;
  }

  /** Those that are listed as ranges are counted in the lines of their projects. */
  #applyRange(text: string): boolean {
    const [, first, last] = RANGE.exec(text) ?? [];
    if (first === undefined) return false;
    for (let ordinal = Number(first); ordinal <= Number(last); ordinal += 1) this.state.settled.add(ordinal);
    return true;
  }

  #applyProject(text: string): boolean {
    const [, number, delivered, rejected, failed, quoted] = PROJECT.exec(text) ?? [];
    const projectId = parseText(quoted);
    if (projectId === undefined) return false;
    this.#projects.set(Number(number), projectId);
    const totals = { delivered: Number(delivered), rejected: Number(rejected), failed: Number(failed) };
    this.state.tally.addProject(projectId, totals);
    return true;
  }

  #applyReason(text: string): boolean {
    const [, number, count, quoted] = REASON.exec(text) ?? [];
    const reason = parseText(quoted);
    if (reason === undefined) return false;
    this.#reasons.set(Number(number), reason);
    this.state.tally.addReason(reason, Number(count));
    return true;
  }

  #applyDoubts(text: string): boolean {
    const [, maybeDuplicate, unconfirmed] = DOUBTS.exec(text) ?? [];
    if (maybeDuplicate === undefined) return false;
    this.state.doubts = { maybeDuplicate: Number(maybeDuplicate), unconfirmed: Number(unconfirmed) };
    return true;
  }

  #applyBeginning(text: string): boolean {
    const [, letter, quoted] = BEGINNING.exec(text) ?? [];
    const path = parseText(quoted);
    if (path === undefined) return false;
    this.state.returned[statusOf(letter)] = { path, bytes: 0 };
    return true;
  }

  #applyEnd(text: string): boolean {
    if (text !== END_ENTRY.trimEnd()) return false;
    this.state.complete = true;
    return true;
  }
}

function statusOf(letter: string | undefined): 'rejected' | 'failed' {
  return letter === 'r' ? 'rejected' : 'failed';
}

function parseText(quoted: string | undefined): string | undefined {
  try {
    return quoted === undefined ? undefined : (JSON.parse(quoted) as string);
  } catch {
    return undefined;
  }
}
