import { Access } from '../contract/access.js';
import { parseCredentials } from '../contract/credentials.js';
import { createEventSchema } from '../contract/event-schema.js';
import type { UtmPolicy } from '../contract/event.js';
import { Partner } from '../contract/partner.js';
import { validate } from '../contract/validate.js';
import { isAttributionError, ValidationError } from '../errors.js';
import type { ForwardItem } from '../forward/forward-result.js';
import { baseUrlByRegion, createClient, type ClientFlags } from './client-options.js';
import { readCredentials, type CredentialsSource } from './credentials-source.js';
import { EXIT_CODE } from './exit-code.js';
import type { InputRecord } from './input-record.js';
import { projectOf } from './record-project.js';
import { describeTrouble } from './record-trouble.js';
import type { Terminal } from './terminal.js';

/** Options of a dry run. */
export interface DryRunFlags extends ClientFlags {
  readonly json?: boolean;
}

/** Text that stands for the token and the passcode in a request that is shown. */
const REDACTED = 'REDACTED';

/**
 * Checks options, credentials and records as `forward` would and prints the request of each good record, credentials
 * redacted, without sending; with `json`, totals alone.
 *
 * Credentials are not needed: where there are none at all, the region is the default. The same goes for the partner name.
 */
export async function dryRun(
  records: AsyncIterable<InputRecord>,
  flags: DryRunFlags,
  terminal: Terminal,
): Promise<number> {
  const credentials = readCredentials(flags.credentials, process.env);
  const given = { ...flags, partner: flags.partner ?? 'PARTNER' };
  // Made for what it says about its options.
  await createClient(given, credentials).close();
  const showRequest = createRequestPreview(given, credentials);
  let good = 0;
  let bad = 0;
  for await (const record of records) {
    try {
      if (record.item === undefined) throw new ValidationError('record', record.issues);
      const request = showRequest(record.item);
      if (flags.json !== true) terminal.print(request);
      good += 1;
    } catch (error) {
      if (!isAttributionError(error)) throw error;
      terminal.note(`${record.path}:${record.line}: ${describeTrouble(error)}`);
      bad += 1;
    }
  }
  if (flags.json === true) terminal.print(JSON.stringify({ dryRun: true, wouldBeSent: good, wouldNotBeSent: bad }));
  else terminal.note(`${good} records would be sent, ${bad} would not; nothing was sent`);
  return bad === 0 ? EXIT_CODE.ok : EXIT_CODE.incomplete;
}

/** Gives the request of an item as a line of text; throws an `AttributionError` if it would not be sent. */
function createRequestPreview(flags: ClientFlags & { readonly partner: string }, credentials: CredentialsSource) {
  const schema = createEventSchema<UtmPolicy>({ utmPolicy: flags.utmPolicy });
  const partner = new Partner({ partnerName: flags.partner, baseUrl: baseUrlByRegion(flags.baseUrl) });
  const areGiven = credentials.all.length > 0 || flags.credentials !== undefined;
  return (item: ForwardItem): string => {
    const projectId = projectOf(item, credentials);
    const known = areGiven ? credentials.get(projectId) : undefined;
    const checked = validate(schema, item.event, 'event');
    // With the credentials as they are, whose length counts.
    if (known !== undefined) new Access(partner, known).encode(checked);
    const shown = { projectId, projectToken: REDACTED, projectPasscode: REDACTED, region: known?.region };
    const access = new Access(partner, parseCredentials(shown));
    return `${flags.method} ${access.endpoint.origin}${access.encode(checked)}`;
  };
}
