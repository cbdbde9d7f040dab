import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import { firstHalf, floodChunks, floodHeaders, GARBAGE, type Ending, type Plan } from './plan.js';

/** Carries out a plan on a socket. Whatever it starts ends when the connection does. */
export function carryOutOverHttp(plan: Plan, request: IncomingMessage, response: ServerResponse): void {
  const { delayMs, ending, onOver } = plan;
  if (onOver !== undefined) response.once('close', onOver);
  if (hasBody(request) && !(ending.kind === 'reset' && !ending.requestRead)) {
    // Read to the end and thrown away: every parameter is in the query.
    request.resume().once('end', () => waitThenEnd(delayMs, ending, request, response));
  } else {
    waitThenEnd(delayMs, ending, request, response);
  }
}

function hasBody(request: IncomingMessage): boolean {
  // Node parses the headers when they are first asked for, which is a good part of what a request costs here.
  if (request.method === 'GET') return false;
  const { headers } = request;
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

function waitThenEnd(delayMs: number, ending: Ending, request: IncomingMessage, response: ServerResponse): void {
  if (delayMs === 0) {
    end(ending, request, response);
    return;
  }
  const timer = setTimeout(() => end(ending, request, response), delayMs);
  response.once('close', () => clearTimeout(timer));
}

function end(ending: Ending, request: IncomingMessage, response: ServerResponse): void {
  switch (ending.kind) {
    case 'answer':
      response.writeHead(ending.answer.status, ending.answer.headers).end(ending.answer.body);
      return;
    case 'cut':
      response.writeHead(ending.answer.status, ending.answer.headers);
      response.write(firstHalf(ending.answer.body), () => {
        if (ending.then === 'break') request.socket.destroy();
      });
      return;
    case 'flood':
      response.writeHead(200, floodHeaders(ending.bytes));
      // The callback is what keeps a client that leaves early from being an uncaught error.
      pipeline(Readable.from(floodChunks(ending.bytes)), response, () => undefined);
      return;
    case 'hang':
      return;
    case 'reset':
      request.socket.resetAndDestroy();
      return;
    case 'garbage':
      request.socket.end(GARBAGE, 'latin1', () => request.socket.destroy());
      return;
  }
}
