/** Errors that in-process requests fail with, in the words of the sockets and clients they stand in for. */

/** The connection was reset. */
export function connectionReset(): Error {
  return withCode(new Error('read ECONNRESET'), 'ECONNRESET', { syscall: 'read' });
}

/** Nobody listens: the emulator is closed. */
export function connectionRefused(): Error {
  return withCode(new Error('connect ECONNREFUSED: the emulator is closed'), 'ECONNREFUSED', { syscall: 'connect' });
}

/** The server ended the connection in the middle of an answer. */
export function connectionClosed(): Error {
  return named('SocketError', withCode(new Error('other side closed'), 'UND_ERR_SOCKET'));
}

/** The answer was no HTTP. */
export function notHttp(): Error {
  return named('HTTPParserError', withCode(new Error('Parse Error: Expected HTTP/'), 'HPE_INVALID_CONSTANT'));
}

/** No head of an answer within undici's `headersTimeout`, or no more of its body within `bodyTimeout`. */
export function answerTimeout(part: 'headers' | 'body'): Error {
  return part === 'headers'
    ? named('HeadersTimeoutError', withCode(new Error('Headers Timeout Error'), 'UND_ERR_HEADERS_TIMEOUT'))
    : named('BodyTimeoutError', withCode(new Error('Body Timeout Error'), 'UND_ERR_BODY_TIMEOUT'));
}

/** The caller aborted without a reason. */
export function requestAborted(): Error {
  return named('AbortError', withCode(new Error('Request aborted'), 'UND_ERR_ABORTED'));
}

/** The dispatcher was closed or destroyed before the request. */
export function dispatcherGone(how: 'closed' | 'destroyed'): Error {
  return how === 'closed'
    ? named('ClientClosedError', withCode(new Error('The client is closed'), 'UND_ERR_CLOSED'))
    : named('ClientDestroyedError', withCode(new Error('The client is destroyed'), 'UND_ERR_DESTROYED'));
}

/** What `fetch` rejects with, whatever the network did. */
export function fetchFailed(cause: Error): TypeError {
  return new TypeError('fetch failed', { cause });
}

function withCode(error: Error, code: string, more: { syscall?: string } = {}): Error {
  return Object.assign(error, { code, ...more });
}

function named(name: string, error: Error): Error {
  error.name = name;
  return error;
}
