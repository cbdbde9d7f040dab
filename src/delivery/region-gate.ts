import { backOffDelayMs, type BackOff } from './back-off.js';
import { LinkedList, ListNode } from './linked-list.js';
import { Wait } from './wait.js';

/** Something that wants to send into a region and can wait until that makes sense. */
export abstract class GateWaiter extends ListNode {
  /** Its turn has come: with everybody's, or alone as the probe, which must report to the gate what came of it. */
  abstract onGateOpen(asProbe: boolean): void;
}

/**
 * Lets nobody but one probe at a time into a region whose retry budget is used up, until a request gets through.
 *
 * Only those wait here who can afford to: `forward()` and the outbox. A lone `send()` gets its error instead.
 */
export class RegionGate {
  readonly #waiting = new LinkedList<GateWaiter>();
  #closed = false;
  #probe: GateWaiter | undefined = undefined;
  #probing = false;
  #failedProbes = 0;
  #probeDueAt = 0;
  #pause: Wait | undefined = undefined;

  constructor(
    private readonly backOff: BackOff,
    private readonly random: () => number = Math.random,
  ) {}

  /** Whether everybody may pass. */
  get open(): boolean {
    return !this.#closed;
  }

  /** Those who wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Closes the gate; `floorMs` is what the server asked to wait. False if it was closed already. */
  close(floorMs = 0): boolean {
    if (this.#closed) return false;
    this.#closed = true;
    this.#failedProbes = 0;
    this.#postponeProbe(floorMs);
    this.#sendProbe();
    return true;
  }

  /** Joins those who wait; only while the gate is closed. May call `onGateOpen` at once, if a probe is due. */
  wait(waiter: GateWaiter): void {
    this.#waiting.push(waiter);
    this.#sendProbe();
  }

  /** Leaves: the waiter, or the probe that it was, was given up. */
  leave(waiter: GateWaiter): void {
    this.#waiting.remove(waiter);
    if (this.#probe === waiter) this.#probe = undefined;
    this.#sendProbe();
  }

  /** Reports that the probe found the region as bad as before; `floorMs` is what the server asked to wait. */
  probeFailed(waiter: GateWaiter, floorMs = 0): void {
    if (this.#probe !== waiter) return;
    this.#probe = undefined;
    this.#failedProbes += 1;
    this.#postponeProbe(floorMs);
    this.#sendProbe();
  }

  /** Opens the gate: the region answers again. False if it was open. */
  reopen(): boolean {
    if (!this.#closed) return false;
    this.#closed = false;
    this.#probe = undefined;
    this.#stopPause();
    // Those let in may fail at once and close the gate again; then the others stay.
    while (this.open && this.#waiting.size > 0) this.#waiting.shift()?.onGateOpen(false);
    return true;
  }

  #postponeProbe(floorMs: number): void {
    const delayMs = Math.max(backOffDelayMs(this.#failedProbes + 1, this.backOff, this.random()), floorMs);
    this.#probeDueAt = performance.now() + delayMs;
    this.#stopPause();
  }

  /** Lets the first of those who wait through, when it is time. One loop at a time: a probe that ends at once comes back here. */
  #sendProbe(): void {
    if (this.#probing) return;
    this.#probing = true;
    try {
      while (this.#closed && this.#probe === undefined && this.#waiting.size > 0 && this.#probeIsDue()) {
        this.#probe = this.#waiting.shift();
        this.#probe?.onGateOpen(true);
      }
    } finally {
      this.#probing = false;
    }
    // The pause keeps the process alive, so it runs only while somebody waits.
    if (this.#waiting.size === 0) this.#stopPause();
  }

  #probeIsDue(): boolean {
    const leftMs = this.#probeDueAt - performance.now();
    if (leftMs <= 0) return true;
    this.#pause ??= new Wait(leftMs, () => {
      this.#pause = undefined;
      this.#sendProbe();
    });
    return false;
  }

  #stopPause(): void {
    this.#pause?.cancel();
    this.#pause = undefined;
  }
}
