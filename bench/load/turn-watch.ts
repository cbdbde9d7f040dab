/** The longest turn of the event loop, in milliseconds. */
export interface LongestTurns {
  /** By the clock: whatever else the process has to do waited as long. */
  readonly wallMs: number;
  /** By the CPU time that the process used, which leaves out what others on the machine took. */
  readonly cpuMs: number;
}

/** Watches how long the turns of the event loop are. */
export class TurnWatch {
  #wallMs = 0;
  #cpuMicros = 0;
  #lastAt = performance.now();
  #lastCpu = process.cpuUsage();
  #stopped = false;

  constructor() {
    setImmediate(this.#tick);
  }

  readonly #tick = (): void => {
    const now = performance.now();
    const cpu = process.cpuUsage();
    this.#wallMs = Math.max(this.#wallMs, now - this.#lastAt);
    this.#cpuMicros = Math.max(this.#cpuMicros, cpu.user + cpu.system - this.#lastCpu.user - this.#lastCpu.system);
    this.#lastAt = now;
    this.#lastCpu = cpu;
    if (!this.#stopped) setImmediate(this.#tick);
  };

  /** Ends watching with the running turn. */
  async stop(): Promise<LongestTurns> {
    this.#stopped = true;
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    return { wallMs: this.#wallMs, cpuMs: this.#cpuMicros / 1_000 };
  }
}
