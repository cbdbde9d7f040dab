import { once } from 'node:events';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { CERTIFICATE, KEY } from '../../test/support/self-signed-certificate.js';
import { answerOf } from '../server/answers.js';
import { createDecider, type Behaviour, type Decider } from '../server/behaviour.js';
import { RequestParser } from '../server/request-parser.js';

/** What the server is started with. */
export interface ServerOptions extends Behaviour {
  readonly tls?: boolean;
}

/** What the server has seen and spent since it started. */
export interface ServerReport {
  readonly requests: number;
  /** Answers by their status. */
  readonly answers: Readonly<Record<number, number>>;
  /** CPU time, in microseconds. */
  readonly cpuMicros: number;
}

/** Starts the server of the benchmark, which does as little as possible for a request. */
export async function start({ tls = false, ...initial }: ServerOptions) {
  let behaviour: Behaviour = initial;
  let decider: Decider | undefined = createDecider(behaviour);
  let requests = 0;
  const answers: Record<number, number> = {};

  const write = (socket: Socket, status: number) => {
    answers[status] = (answers[status] ?? 0) + 1;
    socket.write(answerOf(status));
  };

  const handle = (socket: Socket, head: Buffer) => {
    requests += 1;
    const { status: usual = 200, latencyMs = 0 } = behaviour;
    const asked = decider;
    const projectId = asked === undefined ? '' : projectIdOf(head);
    const decision = asked === undefined ? usual : asked.decide(projectId);
    if (decision === 'hang') return;
    const finish = () => {
      write(socket, decision);
      asked?.answered(projectId);
    };
    if (latencyMs > 0) setTimeout(finish, latencyMs);
    else finish();
  };

  const onConnection = (socket: Socket) => {
    const parser = new RequestParser((head) => handle(socket, head));
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => parser.push(chunk));
    socket.on('error', () => socket.destroy());
  };

  const server: Server = tls
    ? createTlsServer({ key: KEY, cert: CERTIFICATE }, onConnection)
    : createTcpServer(onConnection);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    origin: () => `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    behave: (next: Behaviour) => {
      behaviour = next;
      decider = createDecider(next);
    },
    report: (): ServerReport => {
      const { user, system } = process.cpuUsage();
      return { requests, answers: { ...answers }, cpuMicros: user + system };
    },
  };
}

const ACCOUNT = Buffer.from('account_id=');
const AMPERSAND = '&'.charCodeAt(0);

function projectIdOf(head: Buffer): string {
  const from = head.indexOf(ACCOUNT) + ACCOUNT.length;
  return head.toString('latin1', from, head.indexOf(AMPERSAND, from));
}
