import { queryOpening } from './encode-query.js';
import { resolveEndpoint, type BaseUrl, type Endpoint } from './endpoint.js';
import type { RegionCode } from './regions.js';

/** Who sends, and where to. */
export interface PartnerOptions {
  /** The partner's whitelisted name, trimmed. */
  readonly partnerName: string;
  /** Other hosts than CleverTap's own. */
  readonly baseUrl?: BaseUrl | undefined;
  /** Largest path and query of a request, in bytes. @default 8000 */
  readonly maxUrlBytes?: number | undefined;
}

/** A region as a partner uses it. */
export interface Route {
  readonly endpoint: Endpoint;
  /** How the query of every request begins. */
  readonly opening: string;
}

/**
 * What the accesses of all projects have in common, which is there once per region: of thousands of projects, each event
 * touches as little memory of its own project's as can be.
 */
export class Partner {
  readonly maxUrlBytes: number | undefined;
  readonly #options: PartnerOptions;
  readonly #routes = new Map<RegionCode, Route>();

  constructor(options: PartnerOptions) {
    this.#options = options;
    this.maxUrlBytes = options.maxUrlBytes;
  }

  /** Where the requests of a region go. */
  route(region: RegionCode): Route {
    let route = this.#routes.get(region);
    if (route === undefined) {
      const { partnerName, baseUrl } = this.#options;
      const endpoint = resolveEndpoint(region, baseUrl);
      route = { endpoint, opening: queryOpening(partnerName, endpoint.path) };
      this.#routes.set(region, route);
    }
    return route;
  }
}
