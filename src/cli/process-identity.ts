import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** What a process is known by to others that look for it later. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** When it was started, in the system's own count; null where that cannot be known. A pid is given away again. */
  readonly started: string | null;
}

/** The identity of this process. */
export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, host: hostname(), started: readStat(process.pid)?.started ?? null };
}

/** Whether a process has certainly ended: of one on another machine, nothing is certain. */
export function hasEnded({ pid, host, started }: ProcessIdentity): boolean {
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Otherwise it is there, and somebody else's.
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
  const stat = readStat(pid);
  if (stat === undefined) return false;
  // A zombie: killed, and in a container without an init process never taken away.
  return stat.state === 'Z' || stat.state === 'X' || (started !== null && started !== stat.started);
}

/** State and start of a process, which Linux tells. */
function readStat(pid: number): { readonly state: string; readonly started: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in parentheses may hold anything, also spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state] = fields;
    const started = fields[19];
    return state === undefined || started === undefined ? undefined : { state, started };
  } catch {
    return undefined;
  }
}
