import { SingleBar } from 'cli-progress';
import type { AttributionClient } from '../client.js';
import type { Notice } from '../observe/notice.js';
import { barLine, plainLine, type ProgressPart } from './progress-line.js';
import type { Terminal } from './terminal.js';
import { TimeLeft } from './time-left.js';
import type { StatusTotals } from './status-totals.js';

const PLAIN_LINE_EVERY_MS = 5_000;
const BAR_EVERY_MS = 100;

// To the start of the line, and clear it.
const CLEAR_LINE = '\r\u001b[K';
const SAVE_CURSOR = '\u001b7';

/** What progress is told from. */
export interface ProgressSource {
  readonly client: Pick<AttributionClient, 'counters' | 'regions'>;
  readonly totals: () => StatusTotals;
  /** Share of the input that is done, 0 to 1; undefined if its size is not known. */
  readonly share: () => number | undefined;
}

interface Shown {
  readonly share: number | undefined;
  readonly parts: readonly ProgressPart[];
}

/** Shows how far a run is: a bar on a terminal, a plain line every five seconds elsewhere. */
export class Progress {
  readonly #startedAt = performance.now();
  /** When the event of a project that waits for its next attempt will go on. */
  readonly #waitingUntil = new Map<string, number>();
  readonly #timeLeft = new TimeLeft();
  #timer: NodeJS.Timeout | undefined = undefined;
  #bar: SingleBar | undefined = undefined;

  constructor(
    private readonly terminal: Terminal,
    private readonly stream: NodeJS.WritableStream = process.stderr,
  ) {}

  /** Listens to the client, to know which projects wait for a retry. */
  readonly onNotice = (notice: Notice): void => {
    if (notice.type === 'retry') this.#waitingUntil.set(notice.projectId, performance.now() + notice.delayMs);
    else if (notice.type === 'outage' || notice.type === 'outage_ended') this.note(notice.message);
  };

  /** A line about the run, which does not get into the bar. */
  note(line: string): void {
    if (this.#bar !== undefined) this.stream.write(CLEAR_LINE);
    this.terminal.note(line);
  }

  /** Begins to show. */
  start(source: ProgressSource): void {
    if (this.terminal.interactive) {
      this.#bar = new SingleBar({
        stream: this.stream,
        format: (_options, { maxWidth }, { share, parts }: Shown) => barLine(share, parts, maxWidth),
        // The terminal's modes stay as they are: what is not changed need not be put back, whichever way the program ends.
        linewrap: true,
        clearOnComplete: true,
        // A line above it takes its place, so that it must be drawn again though nothing has changed.
        forceRedraw: true,
        // Ctrl-C ends the run in order, and the bar with it.
        gracefulExit: false,
      });
      this.#bar.start(1, 0, { share: source.share(), parts: [] } satisfies Shown);
    }
    const everyMs = this.#bar === undefined ? PLAIN_LINE_EVERY_MS : BAR_EVERY_MS;
    this.#timer = setInterval(() => this.#show(source), everyMs).unref();
  }

  /** Shows no more, and leaves the terminal as it was. */
  stop(): void {
    clearInterval(this.#timer);
    // The bar goes back to where the cursor was saved when it began, onto the lines that were written since.
    if (this.#bar !== undefined) this.stream.write(SAVE_CURSOR);
    this.#bar?.stop();
    this.#bar = undefined;
  }

  #show(source: ProgressSource): void {
    const share = source.share();
    const parts = this.#describe(source, share);
    if (this.#bar !== undefined) this.#bar.update({ share, parts } satisfies Shown);
    else this.terminal.note(plainLine(share, parts));
  }

  #describe({ client, totals }: ProgressSource, share: number | undefined): ProgressPart[] {
    const { delivered, rejected, failed } = totals();
    const { retries } = client.counters();
    const waiting = this.#countWaiting();
    const suspended = suspendedRegions(client);
    const seconds = (performance.now() - this.#startedAt) / 1000;
    const ended = delivered + rejected + failed;
    const left = share === undefined ? undefined : this.#timeLeft.estimate(seconds, share, ended);
    return [
      { text: `${Math.round(ended / seconds)}/s`, rank: 6 },
      { text: `${delivered} delivered`, rank: 0 },
      ...(rejected > 0 ? [{ text: `${rejected} rejected`, rank: 3 }] : []),
      ...(failed > 0 ? [{ text: `${failed} failed`, rank: 2 }] : []),
      ...(retries > 0 ? [{ text: counted(retries, 'retry', 'retries'), rank: 7 }] : []),
      ...(waiting > 0 ? [{ text: `${counted(waiting, 'project', 'projects')} waiting`, rank: 5 }] : []),
      ...(suspended.length > 0 ? [{ text: `in trouble: region ${suspended.join(', ')}`, rank: 4 }] : []),
      ...(left === undefined ? [] : [{ text: `${describeSeconds(left)} left`, rank: 1 }]),
    ];
  }

  #countWaiting(): number {
    const now = performance.now();
    for (const [projectId, until] of this.#waitingUntil) if (until < now) this.#waitingUntil.delete(projectId);
    return this.#waitingUntil.size;
  }
}

function suspendedRegions(client: ProgressSource['client']): string[] {
  return client
    .regions()
    .filter(({ retryBudget }) => retryBudget < 1)
    .map(({ region }) => region);
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

function describeSeconds(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
