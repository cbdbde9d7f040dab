import type { Meter } from '@opentelemetry/api';
import { ClientFigures } from './client-figures.js';
import { observeClients } from './instruments.js';

/** What all that reports to one meter has in common, whichever `openTelemetry()` it came by. */
export interface SharedFigures {
  readonly clients: ClientFigures;
  /** Names of the outboxes that are looked at. */
  readonly outboxes: Set<string>;
}

// Two instruments of one name would report into the same series, each as if it were all there is.
const byMeter = new WeakMap<Meter, SharedFigures>();

/** The figures that a meter reports, which it does from the first call on. */
export function figuresOf(meter: Meter): SharedFigures {
  const known = byMeter.get(meter);
  if (known !== undefined) return known;
  const figures = { clients: new ClientFigures(), outboxes: new Set<string>() };
  byMeter.set(meter, figures);
  observeClients(meter, () => figures.clients.read());
  return figures;
}
