import { GateWaiter } from './region-gate.js';
import type { RegionHealth } from './region-health.js';

/** A sending's place before the gate of a region, and the probe that may come of it. */
export class GatePlace extends GateWaiter {
  asProbe = false;

  constructor(
    private readonly sending: { onGateOpen(): void },
    /** Of the region whose gate it is; with new credentials, the attempt may lead to another. */
    readonly health: RegionHealth,
  ) {
    super();
  }

  override onGateOpen(asProbe: boolean): void {
    this.asProbe = asProbe;
    this.sending.onGateOpen();
  }
}
