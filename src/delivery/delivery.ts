import type { RegionCode } from '../contract/regions.js';

/** An event that CleverTap took. */
export interface Delivery {
  /** True if CleverTap said so; false if a 2xx came without the word `success`, whose body the document does not show. */
  readonly confirmed: boolean;
  /** Requests that it took. */
  readonly attempts: number;
  /** True if an earlier attempt may have been recorded too, so that the event may now be there twice. */
  readonly maybeDuplicate: boolean;
  /** HTTP status of the answer. */
  readonly status: number;
  /** From the call to the answer, waits included, in milliseconds. */
  readonly durationMs: number;
  /** The project it was delivered to. */
  readonly projectId: string;
  /** The region it was delivered to. */
  readonly region: RegionCode;
  /** The host that took it. */
  readonly host: string;
}
