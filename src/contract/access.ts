import type { Credentials } from './credentials.js';
import type { ParsedEvent, UtmPolicy } from './event.js';
import { createLengthBound, createQueryEncoder, DEFAULT_MAX_URL_BYTES, type QueryEncoder } from './encode-query.js';
import { resolveEndpoint, type BaseUrl, type Endpoint } from './endpoint.js';
import { redact } from './secret.js';

/** All that is needed to send events of one project with one set of credentials. Never changes; rotation makes a new one. */
export interface Access {
  readonly projectId: string;
  readonly endpoint: Endpoint;
  /** Gives the path and query of an event's request; the result holds the credentials. */
  readonly encode: QueryEncoder;
  /**
   * Makes sure that an event's request is not too long, encoding it only where that is in question.
   *
   * @throws {ValidationError} if it is longer than `maxUrlBytes`.
   */
  readonly checkLength: (event: ParsedEvent<UtmPolicy>) => void;
  /** Takes these credentials out of a foreign text. */
  readonly redact: (text: string) => string;
}

/** What all projects of a client have in common. */
export interface AccessOptions {
  readonly partnerName: string;
  readonly baseUrl?: BaseUrl | undefined;
  readonly maxUrlBytes?: number | undefined;
}

/** Prepares access to a project. */
export function createAccess(options: AccessOptions, credentials: Credentials): Access {
  const { partnerName, baseUrl, maxUrlBytes } = options;
  const endpoint = resolveEndpoint(credentials.region, baseUrl);
  const secrets = [credentials.projectToken, credentials.projectPasscode];
  const encoding = { partnerName, credentials, path: endpoint.path, maxUrlBytes };
  const encode = createQueryEncoder(encoding);
  const boundOf = createLengthBound(encoding);
  const access: Access = {
    projectId: credentials.projectId,
    endpoint,
    encode,
    checkLength: (event) => {
      if (boundOf(event) > (maxUrlBytes ?? DEFAULT_MAX_URL_BYTES)) encode(event);
    },
    redact: (text) => redact(text, secrets),
  };
  madeWith.set(access, credentials);
  return access;
}

const madeWith = new WeakMap<Access, Credentials>();

/** Whether two accesses are by the same credentials, so that what the server said of one holds for the other. */
export function hasSameCredentials(one: Access, other: Access): boolean {
  if (one === other) return true;
  const [first, second] = [madeWith.get(one), madeWith.get(other)];
  return (
    first !== undefined &&
    second !== undefined &&
    first.projectId === second.projectId &&
    first.projectToken.reveal() === second.projectToken.reveal() &&
    first.projectPasscode.reveal() === second.projectPasscode.reveal() &&
    one.endpoint.origin === other.endpoint.origin
  );
}
