import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Call, Reply } from './call.js';
import { STARTED } from './call.js';
import type { ProgramCalls, ProgramName, ProgramOptions } from '../programs/programs.js';

/** The repository's folder, wherever this file has been compiled to. */
export const root = dirname(createRequire(import.meta.url).resolve('clevertap-attribution/package.json'));

/** Functions of another process, which answer with promises. */
export type Remote<Calls> = {
  readonly [Name in keyof Calls]: Calls[Name] extends (argument: infer Argument) => infer Result
    ? unknown extends Argument
      ? () => Promise<Awaited<Result>>
      : (argument: Argument) => Promise<Awaited<Result>>
    : never;
};

/** A process of the benchmark; disposing of it ends it. */
export type RunningProcess<Name extends ProgramName> = Remote<ProgramCalls<Name>> & AsyncDisposable;

/** What a process gets beside its program's options. */
export interface ProcessSettings {
  /** Options of node. */
  readonly execArgv?: readonly string[];
  /** Variables that are added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a program in a process of its own: a fresh heap, and nothing compiled yet. */
export async function startProcess<Name extends ProgramName>(
  name: Name,
  options: ProgramOptions<Name>,
  { execArgv = [], env = {} }: ProcessSettings = {},
): Promise<RunningProcess<Name>> {
  const child = fork(join(root, 'bench/dist/child.js'), [name, JSON.stringify(options ?? null)], {
    execArgv: [...execArgv],
    env: { ...process.env, ...env },
    serialization: 'advanced',
  });
  const waiting = new Map<number, (reply: Reply) => void>();
  child.on('message', (reply: Reply) => {
    waiting.get(reply.id)?.(reply);
    waiting.delete(reply.id);
  });
  child.on('exit', (code, signal) => {
    const error = `the process "${name}" ended with ${signal ?? code ?? 'nothing'}`;
    for (const [id, settle] of waiting) settle({ id, error });
    waiting.clear();
  });
  const replyTo = (id: number) =>
    new Promise<unknown>((resolve, reject) => {
      waiting.set(id, (reply) => {
        if ('error' in reply) reject(new Error(`${name}: ${reply.error}`));
        else resolve(reply.result);
      });
    });

  const end = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill();
    await exited;
  };
  try {
    await replyTo(STARTED);
  } catch (error) {
    await end();
    throw error;
  }

  let lastId = STARTED;
  const call = (callName: string, argument: unknown) => {
    lastId += 1;
    const reply = replyTo(lastId);
    child.send({ id: lastId, name: callName, argument } satisfies Call);
    return reply;
  };
  return new Proxy<object>(
    { [Symbol.asyncDispose]: end },
    {
      get: (target, property): unknown => {
        if (typeof property === 'symbol') return Reflect.get(target, property);
        // `then` must be missing, or awaiting this would call it.
        return property === 'then' ? undefined : (argument: unknown) => call(property, argument);
      },
    },
  ) as RunningProcess<Name>;
}
