import type { Credentials } from './credentials.js';
import type { ParsedEvent, UtmPolicy } from './event.js';
import { QueryEncoder } from './encode-query.js';
import type { Endpoint } from './endpoint.js';
import type { Partner } from './partner.js';
import { redact } from './secret.js';

/** All that is needed to send events of one project with one set of credentials. Never changes; rotation makes a new one. */
export class Access {
  readonly projectId: string;
  readonly endpoint: Endpoint;
  readonly #encoder: QueryEncoder;
  readonly #credentials: Credentials;

  constructor(partner: Partner, credentials: Credentials) {
    const { endpoint, opening } = partner.route(credentials.region);
    this.projectId = credentials.projectId;
    this.endpoint = endpoint;
    this.#encoder = new QueryEncoder({ opening, credentials, maxUrlBytes: partner.maxUrlBytes });
    this.#credentials = credentials;
  }

  /**
   * The path and query of an event's request, which hold the credentials.
   *
   * @throws {ValidationError} if they are longer than `maxUrlBytes`.
   */
  encode(event: ParsedEvent<UtmPolicy>): string {
    return this.#encoder.encode(event);
  }

  /**
   * Makes sure that an event's request is not too long, encoding it only where that is in question.
   *
   * @throws {ValidationError} if it is longer than `maxUrlBytes`.
   */
  checkLength(event: ParsedEvent<UtmPolicy>): void {
    this.#encoder.checkLength(event);
  }

  /** Takes these credentials out of a foreign text. */
  redact(text: string): string {
    const { projectToken, projectPasscode } = this.#credentials;
    return redact(text, [projectToken, projectPasscode]);
  }

  /** Whether another is by the same credentials, so that what the server said of it holds for this one. */
  hasSameCredentials(other: Access): boolean {
    if (this === other) return true;
    const [own, others] = [this.#credentials, other.#credentials];
    return (
      own.projectId === others.projectId &&
      own.projectToken.reveal() === others.projectToken.reveal() &&
      own.projectPasscode.reveal() === others.projectPasscode.reveal() &&
      this.endpoint.origin === other.endpoint.origin
    );
  }
}
