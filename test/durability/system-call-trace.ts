import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** One system call on a file of a watched folder, as strace recorded it. Its times are places in the trace. */
export interface SystemCall {
  readonly name: string;
  readonly startedAt: number;
  readonly endedAt: number;
  /** What it gave: bytes written, a file descriptor, 0. */
  readonly result: number;
  /** The file descriptor that it worked on, if it did. */
  readonly fd: number | undefined;
  /** The paths that it names, or that of its file descriptor. */
  readonly paths: readonly string[];
  /** What was written. */
  readonly data: Buffer | undefined;
  /** Where to, or how long a file is to be; the last number among its arguments. */
  readonly number: number;
  /** The flags of an `openat`, as text. */
  readonly flags: string;
}

/** The calls that a trace must hold; others of the same kind make it unfit, which `readTrace` says. */
export const TRACED_CALLS =
  'openat,close,pwrite64,write,fsync,fdatasync,ftruncate,rename,renameat,renameat2,unlink,unlinkat,fallocate,pwritev,writev,sync_file_range';

const UNDERSTOOD = new Set([
  'openat',
  'close',
  'pwrite64',
  'write',
  'fsync',
  'fdatasync',
  'ftruncate',
  'rename',
  'unlink',
]);

const HEX_TEXT = /"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?/g;

/**
 * Reads what `strace -f -y -xx` wrote, in the order in which the calls ended: those that succeeded, on files of one folder.
 *
 * @throws {Error} if a call on such a file is of a kind that is not understood, or its data was cut off.
 */
export async function* readTrace(path: string, folder: string): AsyncGenerator<SystemCall> {
  const unfinished = new Map<string, { readonly text: string; readonly startedAt: number }>();
  let line = 0;
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    line += 1;
    const [, thread = '', rest = ''] = /^(\d+)\s+(.*)$/.exec(text) ?? [];
    if (rest.endsWith('<unfinished ...>')) {
      unfinished.set(thread, { text: rest.slice(0, -'<unfinished ...>'.length), startedAt: line });
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
    const begun = resumed === null ? undefined : unfinished.get(thread);
    const whole = resumed === null ? rest : `${begun?.text ?? ''}${resumed[1] ?? ''}`;
    const call = readCall(whole, begun?.startedAt ?? line, line);
    if (call === undefined || call.result < 0 || !call.paths.some((each) => isWithin(each, folder))) continue;
    if (!UNDERSTOOD.has(call.name)) throw new Error(`the trace holds ${call.name}, which is not understood`);
    yield call;
  }
}

function readCall(text: string, startedAt: number, endedAt: number): SystemCall | undefined {
  const [, name, args = '', result] = /^(\w+)\((.*)\)\s+= (-?\d+)/.exec(text) ?? [];
  if (name === undefined) return undefined;
  const [, fd, ofFd = ''] = /^(\d+)<((?:\\x[0-9a-f]{2})*)>/.exec(args) ?? [];
  const texts: Buffer[] = [];
  for (const [, hex = '', cut] of args.matchAll(HEX_TEXT)) {
    if (cut !== undefined) throw new Error('the trace has data cut off: it needs a longer -s');
    texts.push(fromHex(hex));
  }
  const isPath = fd === undefined;
  return {
    name,
    startedAt,
    endedAt,
    result: Number(result),
    fd: fd === undefined ? undefined : Number(fd),
    paths: isPath ? texts.map(String) : [fromHex(ofFd).toString()],
    data: isPath ? undefined : texts[0],
    number: Number(/(\d+)\s*$/.exec(args)?.[1] ?? 0),
    flags: name === 'openat' ? args.slice(args.lastIndexOf('"') + 1) : '',
  };
}

function fromHex(text: string): Buffer {
  return Buffer.from(text.replaceAll('\\x', ''), 'hex');
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
