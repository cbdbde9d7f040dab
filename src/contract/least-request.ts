import { QueryEncoder } from './encode-query.js';
import type { ParsedEvent, UtmPolicy } from './event.js';
import type { Partner } from './partner.js';
import { regions } from './regions.js';

/** The shortest request that an event can become, whatever its project: what is too long for that is too long for all. */
export class LeastRequest {
  readonly #encoder: QueryEncoder;

  constructor(partner: Partner) {
    const openings = regions.map(({ code }) => partner.route(code).opening);
    const opening = openings.reduce((shortest, each) => (each.length < shortest.length ? each : shortest));
    this.#encoder = new QueryEncoder({ opening, maxUrlBytes: partner.maxUrlBytes });
  }

  /**
   * Makes sure that an event's request need not be too long, encoding it only where that is in question.
   *
   * @throws {ValidationError} if it is longer than `maxUrlBytes` for certain, naming the event's largest parameter.
   */
  checkLength(event: ParsedEvent<UtmPolicy>): void {
    this.#encoder.checkLength(event);
  }
}
