/** What can become of a record. */
export type SettledStatus = 'delivered' | 'rejected' | 'failed';

/** How many records ended each way. */
export type StatusTotals = Record<SettledStatus, number>;

/** Totals before anything has ended. */
export function noTotals(): StatusTotals {
  return { delivered: 0, rejected: 0, failed: 0 };
}

/** How many records have ended, whichever way. */
export function countAll({ delivered, rejected, failed }: StatusTotals): number {
  return delivered + rejected + failed;
}

/** What has come to the totals since they were `before`. */
export function totalsSince(now: StatusTotals, before: StatusTotals): StatusTotals {
  return {
    delivered: now.delivered - before.delivered,
    rejected: now.rejected - before.rejected,
    failed: now.failed - before.failed,
  };
}
