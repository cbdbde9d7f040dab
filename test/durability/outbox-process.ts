import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { CredentialsInput } from '../../src/contract/credentials.js';

/** What a process with an outbox is to do. */
export interface OutboxProcessTask {
  /** Path of the file, or URL of Redis. */
  readonly store: string;
  readonly baseUrl: string;
  /** What the ids begin with. */
  readonly run: string;
  readonly producers: number;
  /** Events of each producer; undefined for ever more. */
  readonly each?: number;
  readonly inFlight: number;
  readonly leaseMs: number;
  readonly projects: readonly CredentialsInput[];
}

/** A process with an outbox of its own, on a store that others may use as well. */
export class OutboxProcess {
  readonly child: ChildProcess;
  /** Its exit code; null if it was killed. */
  readonly exited: Promise<number | null>;
  /** What it said at its end: dead letters that are stored, and events that it has delivered itself. */
  readonly said: { deadLetters?: number; delivered?: number } = {};
  /** What it printed beside the ids. */
  output = '';

  /** @param onAccepted told of each event that the process was told to be accepted. */
  constructor(task: OutboxProcessTask, onAccepted: (id: string) => void) {
    this.child = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'outbox-process-main.ts')], {
      cwd: join(import.meta.dirname, '../..'),
      env: { ...process.env, TASK: JSON.stringify(task) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stderr?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    if (this.child.stdout !== null) {
      createInterface(this.child.stdout).on('line', (line) => {
        // A line that was cut off is an event whose acceptance nobody has heard of.
        if (/^[^ ]+-\d+-\d+$/.test(line)) onAccepted(line);
        else if (line.startsWith('dead letters: ')) this.said.deadLetters = Number(line.slice(14));
        else if (line.startsWith('delivered: ')) this.said.delivered = Number(line.slice(11));
      });
    }
    this.exited = once(this.child, 'close').then(([code]) => code as number | null);
  }
}
