import type { Credentials } from '../contract/credentials.js';
import type { RegionCode } from '../contract/regions.js';
import type { Notice } from '../observe/notice.js';
import { DEFAULT_DEADLINE_MS } from '../options.js';

/** What makes a region's trouble a lasting one. */
export interface LastingTroublesOptions {
  /** Credentials of the projects, which name their regions. */
  readonly credentials: readonly Credentials[];
  /** For how long a region may deliver nothing, in seconds. @default the deadline of an event */
  readonly patienceS: number | undefined;
  /** A clock in milliseconds that never goes back. @default performance.now */
  readonly now?: () => number;
}

/**
 * Regions that have been in trouble for longer than somebody at a terminal waits, by the client's notices. Their events cannot
 * fail, since they wait behind one that tries, for as long as it takes.
 */
export class LastingTroubles {
  /** How long one is patient, in milliseconds. */
  readonly patienceMs: number;
  readonly #now: () => number;
  readonly #regionOf: ReadonlyMap<string, RegionCode>;
  readonly #since = new Map<RegionCode, number>();

  constructor({
    credentials,
    patienceS = DEFAULT_DEADLINE_MS / 1000,
    now = () => performance.now(),
  }: LastingTroublesOptions) {
    this.patienceMs = patienceS * 1000;
    this.#now = now;
    this.#regionOf = new Map(credentials.map(({ projectId, region }) => [projectId, region]));
  }

  /** Listens to the client. */
  readonly onNotice = (notice: Notice): void => {
    if (notice.type === 'retries_suspended') this.#since.set(notice.region, this.#now());
    else if (notice.type === 'retries_resumed') this.#since.delete(notice.region);
  };

  /** The regions. */
  get regions(): readonly RegionCode[] {
    const now = this.#now();
    return [...this.#since].filter(([, since]) => now - since >= this.patienceMs).map(([region]) => region);
  }

  /** Those of some projects whose regions are not among them. */
  without<Project extends { readonly partition: string }>(projects: readonly Project[]): readonly Project[] {
    const { regions } = this;
    return projects.filter(({ partition }) => {
      const region = this.#regionOf.get(partition);
      return region === undefined || !regions.includes(region);
    });
  }

  /** What there is to say of them when they are no longer waited for. */
  describe(): readonly string[] {
    return this.regions.map(
      (region) =>
        `The region "${region}" has delivered nothing for ${this.patienceMs / 1000} s (--deadline): its events stay stored for the next run.`,
    );
  }
}

/** For how long what is out is awaited at the end, in milliseconds: what waits for a region in lasting trouble will not come. */
export function stopWithinMs({ regions }: Pick<LastingTroubles, 'regions'>): number {
  return regions.length === 0 ? 10_000 : 2_000;
}
