import type { ClientFlags } from './client-options.js';
import { UsageError } from './usage-error.js';

/** The flags of `forward` that matter to a run through an outbox. */
export interface ForwardOutboxFlags extends ClientFlags {
  readonly rejected?: string;
  readonly failed?: string;
  readonly checkpoint?: string | false;
  readonly restart?: boolean;
  readonly acceptChanged?: boolean;
  readonly json?: boolean;
}

const REFUSED = {
  checkpoint: '--checkpoint',
  failed: '--failed',
  restart: '--restart',
} as const satisfies Partial<Record<keyof ForwardOutboxFlags, string>>;

/**
 * Refuses what an outbox takes the place of.
 *
 * @throws {UsageError} that names the flag.
 */
export function refuseBesideOutbox(flags: ForwardOutboxFlags): void {
  for (const [name, option] of Object.entries(REFUSED) as [keyof typeof REFUSED, string][]) {
    if (flags[name] === undefined) continue;
    throw new UsageError(
      `--outbox and ${name === 'checkpoint' && flags[name] === false ? '--no-checkpoint' : option} exclude each other: the outbox itself remembers what has been sent and keeps what failed`,
    );
  }
}
