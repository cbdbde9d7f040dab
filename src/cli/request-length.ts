import type { AttributionClient } from '../client.js';
import { Access } from '../contract/access.js';
import type { ParsedEvent, UtmPolicy } from '../contract/event.js';
import { Partner } from '../contract/partner.js';
import { ValidationError } from '../errors.js';
import type { OutboxRecord } from '../outbox/outbox-record.js';
import type { CredentialsSource } from './credentials-source.js';

/** Says why a record can never be sent: it is no event, or its request would be too long. Undefined if it can. */
export type FindUnsendable = (record: OutboxRecord<UtmPolicy>) => ValidationError | undefined;

/** Makes what checks records with the credentials that they will be sent with, whose length counts. */
export function createUnsendableFinder(
  partnerName: string,
  { all }: Pick<CredentialsSource, 'all'>,
  client: Pick<AttributionClient<UtmPolicy>, 'parse'>,
): FindUnsendable {
  const partner = new Partner({ partnerName });
  const accesses = new Map(all.map((credentials) => [credentials.projectId, new Access(partner, credentials)]));
  return ({ event, projectId = '' }) => {
    try {
      const parsed: ParsedEvent<UtmPolicy> = client.parse(event);
      accesses.get(projectId)?.checkLength(parsed);
      return undefined;
    } catch (error) {
      if (error instanceof ValidationError) return error;
      throw error;
    }
  };
}
