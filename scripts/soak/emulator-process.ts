import { once } from 'node:events';
import { fork, type ChildProcess } from 'node:child_process';
import type { CredentialsInput } from '../../src/contract/credentials.js';
import { startEmulator, type Fault } from '../../src/testing/index.js';
import type { FromEmulator, ToEmulator } from './messages.js';

/** Argument by which a program that holds both halves knows that it is the emulator's process. */
export const EMULATOR_ARGUMENT = '--as-emulator';

/** Serves as the emulator's process until its parent is gone. */
export async function serveEmulator(): Promise<void> {
  const emulator = await startEmulator({ listen: 'single', keep: 0 });
  const tell = (message: FromEmulator): void => void process.send?.(message);
  process.on('message', (message: ToEmulator) => {
    if (message.type === 'add') emulator.addAccount(message.account);
    else if (message.type === 'remove') emulator.removeAccount(message.projectId, message.projectPasscode);
    else if (message.type === 'fault') emulator.faults.add(message.fault);
    else if (message.type === 'calm') emulator.faults.clear();
    else tell({ type: 'counts', requests: emulator.counts.requests, recorded: emulator.counts.recorded });
  });
  process.once('disconnect', () => process.exit());
  tell({ type: 'listening', baseUrl: emulator.baseUrl });
}

/** The emulator, in a process of its own so that its memory and its sockets are not on this one's account. */
export class EmulatorProcess {
  readonly #child: ChildProcess;

  private constructor(
    child: ChildProcess,
    readonly baseUrl: string,
  ) {
    this.#child = child;
  }

  /** Starts this program once more, as the emulator. */
  static async start(): Promise<EmulatorProcess> {
    const child = fork(process.argv[1] ?? '', [EMULATOR_ARGUMENT], { execArgv: [] });
    const [message] = (await once(child, 'message')) as [FromEmulator];
    if (message.type !== 'listening') throw new Error('the emulator did not say where it listens');
    return new EmulatorProcess(child, message.baseUrl);
  }

  /** Has it know an account, beside others of the same project. */
  add(account: CredentialsInput): void {
    this.#tell({ type: 'add', account });
  }

  /** Has it forget a project, or one passcode of it. */
  remove(projectId: string, projectPasscode?: string): void {
    this.#tell({ type: 'remove', projectId, ...(projectPasscode !== undefined && { projectPasscode }) });
  }

  /** Adds a fault. */
  fault(fault: Fault): void {
    this.#tell({ type: 'fault', fault });
  }

  /** Ends all faults. */
  calm(): void {
    this.#tell({ type: 'calm' });
  }

  /** What it has received and recorded. */
  async counts(): Promise<{ readonly requests: number; readonly recorded: number }> {
    const answer = once(this.#child, 'message') as Promise<[FromEmulator]>;
    this.#tell({ type: 'count' });
    const [message] = await answer;
    if (message.type !== 'counts') throw new Error('the emulator was asked for its counts');
    return message;
  }

  /** Ends the process. */
  async stop(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.disconnect();
    await exited;
  }

  #tell(message: ToEmulator): void {
    this.#child.send(message);
  }
}
