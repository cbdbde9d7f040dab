import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { constantPath } from '../contenders/hand-written-query.js';
import { measureSlice, type Slice, type SliceReport } from '../load/slice.js';

/** What the raw client is started with. */
export interface RawClientOptions {
  readonly origin: string;
  readonly inFlight: number;
}

/**
 * Starts a client that knows no HTTP: it writes the same bytes again whenever something comes back. What it gets out of
 * the server is the ceiling of everything that is measured against it.
 */
export async function start({ origin, inFlight }: RawClientOptions) {
  const { hostname, port, host } = new URL(origin);
  const request = Buffer.from(`GET ${constantPath} HTTP/1.1\r\nHost: ${host}\r\nConnection: keep-alive\r\n\r\n`);
  let answers = 0;
  let stopped = true;
  const sockets = await Promise.all(
    Array.from({ length: inFlight }, async () => {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true });
      await once(socket, 'connect');
      socket.on('data', () => {
        answers += 1;
        if (!stopped) socket.write(request);
      });
      return socket;
    }),
  );
  return {
    /** Asks for a while. */
    slice: async (slice: Slice): Promise<SliceReport> => {
      stopped = false;
      for (const socket of sockets) socket.write(request);
      const report = await measureSlice(slice, () => answers);
      stopped = true;
      // The last answers are on their way.
      await sleep(20);
      return report;
    },
  };
}
