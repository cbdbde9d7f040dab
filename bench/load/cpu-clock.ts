/** Time that went by and CPU time that this process used meanwhile, in microseconds. */
export interface Spent {
  readonly cpuMicros: number;
  readonly wallMicros: number;
}

/** Measures from when it is made. The CPU time is that of all threads: the garbage collector and the compiler included. */
export class CpuClock {
  readonly #startedAt = performance.now();
  readonly #cpu = process.cpuUsage();

  read(): Spent {
    const { user, system } = process.cpuUsage(this.#cpu);
    return { cpuMicros: user + system, wallMicros: (performance.now() - this.#startedAt) * 1_000 };
  }
}
