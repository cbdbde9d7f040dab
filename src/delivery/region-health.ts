import type { Endpoint } from '../contract/endpoint.js';
import type { RegionCode } from '../contract/regions.js';
import type { ErrorCode } from '../errors.js';
import type { Observer } from '../observe/observer.js';
import type { BackOff } from './back-off.js';
import { DeliveredShare, type DeliveredShareReport } from './delivered-share.js';
import { OutageWatch, type OutageChange } from './outage-watch.js';
import { RegionGate } from './region-gate.js';
import { RetryBudget } from './retry-budget.js';

/** How a region does, as seen from this client. */
export interface RegionReport extends DeliveredShareReport {
  /** Code of the region. */
  readonly region: RegionCode;
  /** Host that its requests go to. */
  readonly host: string;
  /** Since when the region has answered nothing but 5xx, once that has lasted more than 10 minutes. */
  readonly outageSince: Date | undefined;
  /** Retries left in the region's budget, 100 at most. */
  readonly retryBudget: number;
  /** Whether the budget is used up, so that nothing but one probe at a time is sent of what can wait. */
  readonly suspended: boolean;
}

/** As much of an attempt's result as the health of a region depends on. */
export type AttemptResult =
  | { readonly kind: 'delivered'; readonly status: number }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly status: number | undefined };

/** Everything that is kept per region: retry budget, gate, outage watch and the delivered share of the last hour. */
export class RegionHealth {
  readonly budget = new RetryBudget();
  readonly gate: RegionGate;
  readonly #outage = new OutageWatch();
  readonly #share = new DeliveredShare();

  constructor(
    private readonly endpoint: Endpoint,
    backOff: BackOff,
    private readonly observer: Observer,
  ) {
    this.gate = new RegionGate(backOff);
  }

  /** Notes what came of a request. */
  note(result: AttemptResult): void {
    const nowMs = Date.now();
    if (result.status !== undefined) this.#announce(this.#outage.note(result.status, nowMs));
    if (result.kind === 'delivered') {
      this.#share.note(true, nowMs);
      this.budget.giveBack();
      this.reopenGate();
    } else if (countsAgainstService(result.code)) {
      this.#share.note(false, nowMs);
    }
  }

  /** Lets only probes through from now on. */
  closeGate(floorMs: number): void {
    if (this.gate.close(floorMs)) this.#notifyBudget('retries_suspended');
  }

  /** Lets everybody through again. */
  reopenGate(): void {
    if (this.gate.open) return;
    this.#notifyBudget('retries_resumed');
    this.gate.reopen();
  }

  /** The region's figures as of now. */
  report(): RegionReport {
    const { region, host } = this.endpoint;
    const since = this.#outage.outageSinceMs;
    const outageSince = since === undefined ? undefined : new Date(since);
    return {
      region,
      host,
      ...this.#share.report(Date.now()),
      outageSince,
      retryBudget: Math.floor(this.budget.left),
      suspended: !this.gate.open,
    };
  }

  #announce(change: OutageChange | undefined): void {
    if (change === undefined) return;
    const { region, host } = this.endpoint;
    const since = new Date(change.sinceMs);
    const [type, message] =
      change.kind === 'began'
        ? (['outage', `${host} has answered 5xx for more than 10 minutes: write to CleverTap support`] as const)
        : (['outage_ended', `${host} no longer answers 5xx only`] as const);
    this.observer.notify({ type, region, host, since, message });
  }

  #notifyBudget(type: 'retries_suspended' | 'retries_resumed'): void {
    const { region, host } = this.endpoint;
    this.observer.notify({ type, region, host });
  }
}

/** Refusals such as 400 or 429 are answers of a service that is there. */
export function countsAgainstService(code: ErrorCode): boolean {
  return code === 'service_unavailable' || code === 'network' || code === 'timeout';
}
