import type { Writable } from 'node:stream';
import winston from 'winston';

/** A transport of winston's into a stream. */
export function winstonStream(stream: Writable): winston.transport {
  const { Stream } = winston.transports;
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- its class is not told of in its types
  return new Stream({ stream });
}
