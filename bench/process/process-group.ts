import type { ProgramName, ProgramOptions } from '../programs/programs.js';
import { startProcess, type ProcessSettings, type RunningProcess } from './start-process.js';

/** Processes that end together. Node 20 has no `AsyncDisposableStack`. */
export class ProcessGroup implements AsyncDisposable {
  readonly #processes: AsyncDisposable[] = [];

  /** Starts one more. */
  async start<Name extends ProgramName>(
    name: Name,
    options: ProgramOptions<Name>,
    settings?: ProcessSettings,
  ): Promise<RunningProcess<Name>> {
    const started = await startProcess(name, options, settings);
    this.#processes.push(started);
    return started;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.splice(0).map((running) => running[Symbol.asyncDispose]()));
  }
}
