/** A call from one process to another. */
export interface Call {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

/** The answer to a call, or to the start under the id 0. */
export type Reply = { readonly id: number } & ({ readonly result: unknown } | { readonly error: string });

/** The id of the reply that says whether a program has started. */
export const STARTED = 0;
