const REDACTED = '[redacted]';

// Symbol.for, so that secrets of the ESM and the CJS build (or of two entry points) are one and the same thing.
const BRAND = Symbol.for('clevertap-attribution.secret');

/**
 * A string that shows itself to nobody by accident: `inspect`, JSON and template strings give `[redacted]`.
 *
 * The value is kept in a private field, which no reflection reaches; only `reveal()` gives it out.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** @internal */
  get [BRAND](): true {
    return true;
  }

  /** @internal */
  static [Symbol.hasInstance](value: unknown): value is Secret {
    return typeof value === 'object' && value !== null && BRAND in value;
  }

  /** The value itself. Call it where the value is stored or sent, never where it is shown. */
  reveal(): string {
    return this.#value;
  }

  /** `[redacted]`. */
  toString(): string {
    return REDACTED;
  }

  /** `[redacted]`. */
  toJSON(): string {
    return REDACTED;
  }

  /** `[redacted]`. */
  [Symbol.toPrimitive](): string {
    return REDACTED;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return REDACTED;
  }
}

/**
 * Takes secrets out of a text that came from elsewhere, such as a server's message that repeats the request: the given
 * ones, whatever stands in a credential's parameter, and the query of any URL of the endpoint.
 *
 * A given secret of less than 6 characters is taken out where it stands by itself only, not within a word.
 */
export function redact(text: string, secrets: readonly Secret[]): string {
  let redacted = text.replace(ENDPOINT_QUERY, `$1${REDACTED}`).replace(CREDENTIAL_PARAMETER, `$1=${REDACTED}`);
  // The longest first: where one is the beginning of another, the rest of the longer one must not stay behind.
  const values = secrets.map((secret) => secret.reveal()).sort((one, other) => other.length - one.length);
  for (const value of values) if (value !== '') redacted = redacted.replaceAll(patternOf(value), REDACTED);
  return redacted;
}

// What is shorter than that is soon guessed: a placeholder, or a mistake.
const SHORT_BELOW = 6;

/**
 * Where a secret stands in a text. Taking the letter "a" out of every word would leave a text that nobody can read, and that
 * shows by its gaps which letter it is; a server that repeats it does so as a value, with no letter or digit beside it.
 */
function patternOf(value: string): string | RegExp {
  if (value.length >= SHORT_BELOW) return value;
  const literal = value.replace(/[$()*+./?[\\\]^{|}]/g, '\\$&');
  return new RegExp(`(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])`, 'gu');
}

const ENDPOINT_QUERY = /(\/attribution\?)[^\s"'<>]+/g;
const CREDENTIAL_PARAMETER = /\b(account_token|account_passcode)=[^&\s"'<>]*/g;
