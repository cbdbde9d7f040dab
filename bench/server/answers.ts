const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
};

const answers = new Map<number, Buffer>();

/** The complete answer with a status, made once. */
export function answerOf(status: number): Buffer {
  let answer = answers.get(status);
  if (answer === undefined) {
    const body = bodyOf(status);
    answer = Buffer.from(
      `HTTP/1.1 ${status} ${REASONS[status] ?? 'Other'}\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: keep-alive\r\n\r\n${body}`,
    );
    answers.set(status, answer);
  }
  return answer;
}

/** The body of an answer. */
export function bodyOf(status: number): string {
  return status === 200 ? '{"status":"success"}' : `{"status":"fail","error":"${REASONS[status] ?? 'Other'}"}`;
}
