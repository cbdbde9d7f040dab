import type { RegionCode } from '../contract/regions.js';
import { AccountBook } from './accounts.js';
import type { ActiveFault } from './active-fault.js';
import { SUCCESS } from './answer.js';
import type { ResolvedEmulatorOptions } from './emulator-options.js';
import { answerRequest, readTarget, type EndpointRequest, type EndpointRules } from './endpoint-behaviour.js';
import { endingOf } from './fault-ending.js';
import { FaultList } from './fault-list.js';
import { PartnerList } from './partner-list.js';
import { statusOf, type Ending, type Plan } from './plan.js';
import { describeConnection, describeRequest, type ReceivedRequest, type RequestResult } from './received-request.js';
import { RequestTally } from './request-counts.js';
import { RequestLog } from './request-log.js';

/** A request on its way in, as plain values. */
export interface IncomingRequest {
  readonly method: string;
  readonly region: RegionCode | undefined;
  /** Path and query, or the whole URL. */
  readonly target: string;
  /** Faults that had their chance when the connection was accepted. */
  readonly considered?: ReadonlySet<ActiveFault> | undefined;
}

/** CleverTap's endpoint without its network: takes requests, keeps the books and says what becomes of each. */
export class EmulatedEndpoint {
  readonly accounts: AccountBook;
  readonly partners: PartnerList;
  readonly faults: FaultList;
  readonly log: RequestLog;
  readonly tally = new RequestTally();
  readonly #options: ResolvedEmulatorOptions;
  readonly #rules: EndpointRules;

  constructor(options: ResolvedEmulatorOptions) {
    this.#options = options;
    this.accounts = new AccountBook(options.accounts);
    this.partners = new PartnerList(options.partners);
    this.faults = new FaultList(options.seed, options.now);
    this.log = new RequestLog(options.keep);
    const { requiredUtm, authenticationStatus } = options;
    this.#rules = { accounts: this.accounts, partners: this.partners, requiredUtm, authenticationStatus };
  }

  /** Takes a request; it counts from here on, even if its client goes away before the answer. */
  receive({ method, region, target, considered }: IncomingRequest): Plan {
    const request: EndpointRequest = { method, region, ...readTarget(target) };
    const answer = answerRequest(request, this.#rules);
    const { account_id: projectId, event_type: eventType } = request.query.reserved;
    const { delayMs, fault, onOver } = this.faults.strike({ region, projectId, eventType }, considered);
    const ending: Ending = fault === undefined ? { kind: 'answer', answer } : endingOf(fault, answer);
    const taken = answer === SUCCESS;
    const result: RequestResult = {
      outcome: fault !== undefined ? 'fault' : taken ? 'recorded' : 'refused',
      recorded: taken && (fault === undefined || ('recorded' in fault && fault.recorded === true)),
      fault: fault?.kind,
      status: statusOf(ending),
      delayMs,
    };
    this.#enter(describeRequest(this.#options.now(), request, this.accounts, result));
    return { delayMs, ending, onOver };
  }

  /** Takes a new connection: undefined if it is to be reset, else the faults that had their chance at it. */
  accept(region: RegionCode | undefined): ReadonlySet<ActiveFault> | undefined {
    const { reset, considered } = this.faults.strikeConnection(region);
    if (!reset) return considered;
    this.#enter(describeConnection(this.#options.now(), region));
    return undefined;
  }

  /** Clears log, counts and faults; accounts and partners stay. */
  reset(): void {
    this.log.clear();
    this.tally.clear();
    this.faults.clear();
  }

  #enter(entry: ReceivedRequest): void {
    this.log.add(entry);
    this.tally.add(entry);
    try {
      this.#options.onRequest?.(entry);
    } catch (error) {
      // The listener's own failure, such as an assertion in it: not for the client that waits, and not to be lost.
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
