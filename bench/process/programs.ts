/** What a process of the benchmark can be started as; each module has a `start` that gives the calls it answers. */
export const programs = {
  server: () => import('../server/server.js'),
  rawClient: () => import('../load/raw-client.js'),
  contender: () => import('../load/measured-contender.js'),
};

/** Name of a program. */
export type ProgramName = keyof typeof programs;

type Start<Name extends ProgramName> = Awaited<ReturnType<(typeof programs)[Name]>>['start'];

/** What a program is started with. */
export type ProgramOptions<Name extends ProgramName> = Parameters<Start<Name>>[0];

/** The calls that a program answers. */
export type ProgramCalls<Name extends ProgramName> = Awaited<ReturnType<Start<Name>>>;
