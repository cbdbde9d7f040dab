/** How the server answers. Nothing given: everything is taken, at once. */
export interface Behaviour {
  /** Status of the answers. @default 200 */
  readonly status?: number;
  /** Time until an answer, in milliseconds. @default 0 */
  readonly latencyMs?: number;
  /** Requests in flight of one project above which it answers 429. */
  readonly limitPerProject?: number;
  /** Projects whose requests are never answered, or all of them. */
  readonly hanging?: readonly string[] | 'all';
  /** Projects whose requests are answered with 429. */
  readonly refused?: readonly string[];
}

/** What the server does with one request: the status it answers, or nothing at all. */
export type Decision = number | 'hang';

/** Decides on requests; told when the answer to one that it counted is out. */
export interface Decider {
  decide(projectId: string): Decision;
  answered(projectId: string): void;
}

/** Makes what decides by a behaviour; undefined if every request gets the same answer, so that nobody need be asked. */
export function createDecider(behaviour: Behaviour): Decider | undefined {
  const { status = 200, limitPerProject, hanging, refused } = behaviour;
  if (limitPerProject === undefined && hanging === undefined && refused === undefined) return undefined;
  const hangs = new Set(hanging === 'all' ? [] : hanging);
  const refuses = new Set(refused);
  const inFlight = new Map<string, number>();
  return {
    decide(projectId) {
      if (hanging === 'all' || hangs.has(projectId)) return 'hang';
      const now = (inFlight.get(projectId) ?? 0) + 1;
      inFlight.set(projectId, now);
      return refuses.has(projectId) || (limitPerProject !== undefined && now > limitPerProject) ? 429 : status;
    },
    answered(projectId) {
      inFlight.set(projectId, (inFlight.get(projectId) ?? 1) - 1);
    },
  };
}
