/** Estimates how long a run will take from here. */
export class TimeLeft {
  #start: { readonly seconds: number; readonly share: number } | undefined = undefined;

  /**
   * Seconds that are left, once there is something to go by; counted from the first record that ended in this run, since
   * a resumed run passes over what was done in no time.
   *
   * @param share of the input that is done, 0 to 1.
   */
  estimate(seconds: number, share: number, ended: number): number | undefined {
    if (ended === 0) return undefined;
    this.#start ??= { seconds, share };
    const elapsed = seconds - this.#start.seconds;
    const progress = share - this.#start.share;
    return elapsed < 1 || progress <= 0 ? undefined : (elapsed / progress) * (1 - share);
  }
}
