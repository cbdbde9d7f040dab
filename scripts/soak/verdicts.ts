import type { SoakReport } from './run-soak.js';

/** Something that must hold after a run. */
export interface Verdict {
  readonly what: string;
  readonly holds: boolean;
}

/** Descriptors that Node itself may have opened meanwhile, for its threads. */
const NODES_OWN_DESCRIPTORS = 8;

/** What must hold for a run: nothing grows, nothing is lost, nothing is left. */
export function verdictsOn(report: SoakReport): Verdict[] {
  const { growth, storedBefore, client, outbox, stored, emulator, traffic, left, toldDelivered } = report;
  const { accepted, delivered, failed, pending } = client;
  const inFile = stored.ready + stored.delayed + stored.leased + stored.dead;
  return [
    ...Object.entries(growth).map(([name, { grows }]) => ({ what: `${name} stays flat`, holds: !grows })),
    {
      what: `client: accepted ${accepted} = delivered ${delivered} + failed ${failed} + pending ${pending}`,
      holds: accepted === delivered + failed + pending && pending === 0,
    },
    {
      what: `client: delivered ${delivered} = told in notices ${toldDelivered}, of them seen by senders at least ${traffic.sendsDelivered + traffic.forwarded + outbox.delivered}`,
      holds: delivered === toldDelivered && traffic.sendsDelivered + traffic.forwarded + outbox.delivered <= delivered,
    },
    {
      what: `emulator: recorded ${emulator.recorded} of ${emulator.requests} requests, at least the delivered ${delivered}`,
      holds: emulator.recorded >= delivered && delivered > 0,
    },
    {
      what: `outbox: added ${outbox.added} = delivered ${outbox.delivered} + discarded ${traffic.discarded} + stored ${inFile} (${stored.dead} dead)`,
      holds:
        outbox.added === storedBefore + traffic.added && outbox.added === outbox.delivered + traffic.discarded + inFile,
    },
    { what: `listeners left on the process: ${left.processListeners}`, holds: left.processListeners === 0 },
    { what: `listeners left on the shared signal: ${left.signalListeners}`, holds: left.signalListeners === 0 },
    {
      what: `file descriptors left: ${left.fileDescriptors} (up to ${NODES_OWN_DESCRIPTORS} are Node's own)`,
      holds: left.fileDescriptors <= NODES_OWN_DESCRIPTORS,
    },
  ];
}
