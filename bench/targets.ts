/** A bound that a figure's median is held to. */
export type Target = { readonly atLeast: number } | { readonly atMost: number };

/** The bounds by the id of the figure. */
export const targets: Readonly<Record<string, Target>> = {
  'send-to-undici-dispatch': { atLeast: 0.9 },
  'send-to-undici-request': { atLeast: 1.05 },
  'send-to-hand-written': { atLeast: 1.5 },
  'forward-to-send': { atLeast: 0.9 },
  'send-to-fetch': { atLeast: 4 },
  'send-to-axios': { atLeast: 5 },
  'send-to-got': { atLeast: 6 },
  'codec-cpu': { atMost: 2 },
  'pending-heap': { atMost: 1_536 },
  stall: { atMost: 20 },
  'memory-growth': { atMost: 32 },
  'projects-throughput': { atLeast: 0.9 },
  'projects-cpu-throughput': { atLeast: 0.9 },
  'healthy-ratio': { atLeast: 0.9 },
  'healthy-cpu-ratio': { atLeast: 0.9 },
  'outage-ratio:one budget': { atMost: 1.2 },
  'limit-429:10': { atMost: 5 },
  'limit-ratio:10': { atLeast: 0.9 },
  'outbox-to-bare': { atLeast: 0.6 },
  'outbox-delay': { atMost: 5 },
  'outbox-slow-delay': { atMost: 5 },
  'outbox-to-forward': { atLeast: 0.5 },
  'outbox-turn': { atMost: 2 },
  'outbox-reopen': { atMost: 100 },
  'outbox-memory': { atMost: 64 },
};

/** Whether a value keeps to a bound. */
export function isMet(target: Target, value: number): boolean {
  return 'atLeast' in target ? value >= target.atLeast : value <= target.atMost;
}
