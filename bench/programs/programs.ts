/** What a process of the benchmark can be started as; each module has a `start` that gives the calls it answers. */
export const programs = {
  server: () => import('./server.js'),
  h2Server: () => import('./h2-server.js'),
  rawClient: () => import('./raw-client.js'),
  contender: () => import('./measured-contender.js'),
  codec: () => import('./codec.js'),
  pendingSends: () => import('./pending-sends.js'),
  acceptingSends: () => import('./accepting-sends.js'),
  longForward: () => import('./long-forward.js'),
  forwarder: () => import('./forwarder.js'),
  mixedForward: () => import('./mixed-forward.js'),
  outageTraffic: () => import('./outage-traffic.js'),
  bareSqlite: () => import('./bare-sqlite.js'),
  outboxAdding: () => import('./outbox-adding.js'),
  outboxDelivering: () => import('./outbox-delivering.js'),
  outboxReopening: () => import('./outbox-reopening.js'),
};

/** Name of a program. */
export type ProgramName = keyof typeof programs;

type Start<Name extends ProgramName> = Awaited<ReturnType<(typeof programs)[Name]>>['start'];

/** What a program is started with. */
export type ProgramOptions<Name extends ProgramName> = Parameters<Start<Name>>[0];

/** The calls that a program answers. */
export type ProgramCalls<Name extends ProgramName> = Awaited<ReturnType<Start<Name>>>;
