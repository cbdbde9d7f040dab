/** How much is measured: enough to see that it works, enough for a first look, or enough to rely on. */
export type Size = 'tiny' | 'quick' | 'full';

/** What all scenarios go by. */
export interface Settings {
  readonly size: Size;
  /** Times that everything is measured anew, in fresh processes. */
  readonly rounds: number;
  /** Events in flight at a time where a scenario has no reason for another number. */
  readonly inFlight: number;
  /** Says what is being done. */
  readonly progress: (text: string) => void;
}

/** The value for a size. */
export function bySize<Value>({ size }: Settings, values: Readonly<Record<Size, Value>>): Value {
  return values[size];
}
