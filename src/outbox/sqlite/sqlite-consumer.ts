import { isAttributionError, StorageError } from '../../errors.js';
import type { ConsumeOptions, Consumer, ConsumerReport, DeliveryHandler, Outcome, QueueDelivery } from '../queue.js';
import type { StoreCalls } from './store-calls.js';
import type { Claim, ClaimCursor, ClaimedItem, Held, Settlement } from './store-operations.js';

/** How long to wait before something is tried again that the store could not do. */
const RETRY_MS = 1_000;

/** Longest delay that a timer takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;

const DEFAULT_STOP_MS = 30_000;

interface OutItem extends Held {
  readonly partition: string;
}

/** What a consumer needs of its queue. */
export interface ConsumerSurroundings {
  readonly calls: StoreCalls;
  readonly pollMs: number;
  readonly onStopped: (consumer: SqliteConsumer) => void;
}

/** Claims what is due as far as there is room, has it handled, and settles it; one claim at a time is under way. */
export class SqliteConsumer implements Consumer {
  readonly #handler: DeliveryHandler;
  readonly #options: ConsumeOptions;
  readonly #surroundings: ConsumerSurroundings;
  /** Items whose handler is running. */
  readonly #out = new Set<OutItem>();
  readonly #outByPartition = new Map<string, number>();
  /** What became of items whose handler has ended in this turn of the event loop. */
  #outcomes: Settlement[] = [];
  readonly #settling = new Set<Promise<unknown>>();
  readonly #polling: NodeJS.Timeout;
  readonly #renewing: NodeJS.Timeout;
  #lookingAgain: NodeJS.Timeout | undefined;
  #claiming: Promise<void> | undefined;
  #wanted = false;
  #cursor: ClaimCursor | undefined;
  #dataVersion: number | undefined;
  #stopped: Promise<ConsumerReport> | undefined;
  #settledSinceStop = 0;
  #onIdle: (() => void) | undefined;

  constructor(handler: DeliveryHandler, options: ConsumeOptions, surroundings: ConsumerSurroundings) {
    this.#handler = handler;
    this.#options = options;
    this.#surroundings = surroundings;
    this.#polling = setInterval(() => void this.#poll(), surroundings.pollMs);
    this.#renewing = setInterval(() => void this.#renew(), Math.max(1, options.leaseMs / 3));
    this.wake();
  }

  wake(): void {
    this.#wanted = true;
    if (this.#claiming !== undefined || this.#stopped !== undefined) return;
    this.#claiming = this.#claimAll().finally(() => {
      this.#claiming = undefined;
      // Somebody may have asked between the last look and now.
      if (this.#wanted && this.#room > 0) this.wake();
    });
  }

  stop({ timeoutMs = DEFAULT_STOP_MS }: { readonly timeoutMs?: number } = {}): Promise<ConsumerReport> {
    return (this.#stopped ??= this.#stop(timeoutMs));
  }

  #isStopped(): boolean {
    return this.#stopped !== undefined;
  }

  get #room(): number {
    return this.#options.concurrency - this.#out.size;
  }

  /** Claims until there is no room, or nothing that is due. */
  async #claimAll(): Promise<void> {
    while (this.#wanted && this.#room > 0 && !this.#isStopped()) {
      this.#wanted = false;
      let claim: Claim;
      try {
        claim = await this.#claim();
      } catch (error) {
        // What is stored waits until the store is back.
        this.#tellOf(error);
        this.#lookAgain(Date.now() + RETRY_MS);
        return;
      }
      this.#cursor = claim.cursor;
      if (this.#isStopped()) {
        await this.#giveBack(claim.items.map(({ seq }) => ({ seq, lease: claim.lease })));
        return;
      }
      for (const item of claim.items) this.#start(item, claim.lease);
      if (!claim.complete) this.#wanted = true;
      if (claim.lookAgainAt !== undefined) this.#lookAgain(claim.lookAgainAt);
    }
  }

  #claim(): Promise<Claim> {
    const { perPartition = this.#options.concurrency, leaseMs, limits } = this.#options;
    const rooms = new Map<string, number>();
    for (const [partition, out] of this.#outByPartition) rooms.set(partition, perPartition - out);
    for (const [partition, limit] of limits?.() ?? []) {
      rooms.set(partition, Math.min(perPartition, limit) - (this.#outByPartition.get(partition) ?? 0));
    }
    return this.#surroundings.calls.call('claim', {
      count: this.#room,
      perPartition,
      rooms,
      leaseMs,
      cursor: this.#cursor,
    });
  }

  #start(item: ClaimedItem, lease: number): void {
    const { seq, id, named, partition, payload, deliveries, addedAt, failingSince } = item;
    const out: OutItem = { seq, lease, partition };
    this.#out.add(out);
    this.#outByPartition.set(partition, (this.#outByPartition.get(partition) ?? 0) + 1);
    void this.#handle(out, { id, named, partition, payload, deliveries, addedAt, failingSince });
  }

  async #handle(out: OutItem, delivery: QueueDelivery): Promise<void> {
    let outcome: Outcome;
    try {
      outcome = await this.#handler(delivery);
    } catch {
      outcome = {
        kind: 'retry',
        at: Date.now() + this.#options.leaseMs,
        reason: 'its handler failed',
        failingSince: delivery.failingSince,
      };
    }
    // Handed back meanwhile: it belongs to somebody else.
    if (!this.#out.has(out)) return;
    this.#letGo(out);
    if (this.#outcomes.length === 0) setImmediate(() => this.#settleOutcomes());
    this.#outcomes.push({ seq: out.seq, lease: out.lease, outcome });
  }

  /** One request for all handlers that have ended in this turn of the event loop, and a claim of as many right behind it. */
  #settleOutcomes(): void {
    const outcomes = this.#outcomes;
    if (outcomes.length === 0) return;
    this.#outcomes = [];
    const settling = this.#settleAll(outcomes).then(() => {
      this.#settling.delete(settling);
      this.#tellIfIdle();
    });
    this.#settling.add(settling);
    this.wake();
  }

  async #settleAll(settlements: readonly Settlement[]): Promise<void> {
    let late: readonly number[];
    try {
      late = await this.#surroundings.calls.call('settleAll', settlements);
    } catch {
      // What one of them cannot be settled for must not hold up the others.
      await Promise.all(settlements.map((settlement) => this.#settle(settlement)));
      return;
    }
    this.#settled(settlements.length - late.length, late.length);
  }

  /** What the store cannot be told now it is told again until the lease has ended, and the item may be somebody else's. */
  async #settle(settlement: Settlement): Promise<void> {
    const deadline = Date.now() + this.#options.leaseMs;
    for (;;) {
      try {
        const heeded = await this.#surroundings.calls.call('settle', settlement);
        this.#settled(heeded ? 1 : 0, heeded ? 0 : 1);
        return;
      } catch (error) {
        this.#tellOf(error);
        if (Date.now() + RETRY_MS > deadline || this.#stopped !== undefined) return;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  #settled(heeded: number, late: number): void {
    if (this.#stopped !== undefined) this.#settledSinceStop += heeded;
    for (let told = 0; told < late; told += 1) {
      this.#tellOf(new StorageError('an outcome was not heeded: it came after its lease had ended'));
    }
  }

  #letGo(out: OutItem): void {
    this.#out.delete(out);
    const rest = (this.#outByPartition.get(out.partition) ?? 0) - 1;
    if (rest > 0) this.#outByPartition.set(out.partition, rest);
    else this.#outByPartition.delete(out.partition);
  }

  async #renew(): Promise<void> {
    if (this.#out.size === 0) return;
    const held = [...this.#out].map(({ seq, lease }) => ({ seq, lease }));
    try {
      await this.#surroundings.calls.call('renew', { held, until: Date.now() + this.#options.leaseMs });
    } catch (error) {
      // Tried again before the leases end.
      this.#tellOf(error);
    }
  }

  /** Looks whether another process has written. */
  async #poll(): Promise<void> {
    if (this.#room <= 0 || this.#claiming !== undefined) return;
    try {
      const version = await this.#surroundings.calls.call('dataVersion', null);
      if (version === this.#dataVersion) return;
      this.#dataVersion = version;
      this.wake();
    } catch (error) {
      // Looked again with the next poll.
      this.#tellOf(error);
    }
  }

  #lookAgain(at: number): void {
    clearTimeout(this.#lookingAgain);
    this.#lookingAgain = setTimeout(() => this.wake(), Math.min(Math.max(at - Date.now(), 1), MAX_TIMER_MS));
  }

  async #stop(timeoutMs: number): Promise<ConsumerReport> {
    clearInterval(this.#polling);
    clearTimeout(this.#lookingAgain);
    await this.#claiming;
    clearTimeout(this.#lookingAgain);
    await this.#idleWithin(timeoutMs);
    clearInterval(this.#renewing);
    this.#settleOutcomes();
    const handedBack = await this.#handBack();
    await Promise.all(this.#settling);
    this.#surroundings.onStopped(this);
    return { settled: this.#settledSinceStop, handedBack };
  }

  #idleWithin(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = timeoutMs <= MAX_TIMER_MS ? setTimeout(resolve, timeoutMs) : undefined;
      this.#onIdle = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#tellIfIdle();
    });
  }

  #tellIfIdle(): void {
    if (this.#out.size === 0 && this.#outcomes.length === 0 && this.#settling.size === 0) this.#onIdle?.();
  }

  async #handBack(): Promise<number> {
    const held = [...this.#out].map(({ seq, lease }) => ({ seq, lease }));
    this.#out.clear();
    this.#outByPartition.clear();
    return this.#giveBack(held);
  }

  async #giveBack(held: readonly Held[]): Promise<number> {
    if (held.length === 0) return 0;
    try {
      return await this.#surroundings.calls.call('handBack', held);
    } catch (error) {
      // Then they are due when their leases end.
      this.#tellOf(error);
      return 0;
    }
  }

  #tellOf(error: unknown): void {
    const known = isAttributionError(error) ? error : new StorageError('the outbox file could not be used');
    this.#options.onTrouble?.(known);
  }
}
