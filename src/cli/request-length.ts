import type { AttributionClient } from '../client.js';
import type { UtmPolicy } from '../contract/event.js';
import { ValidationError } from '../errors.js';
import type { OutboxRecord } from '../outbox/outbox-record.js';
import type { CredentialsSource } from './credentials-source.js';

/** Says why a record can never be sent: it is no event, or its request would be too long. Undefined if it can. */
export type FindUnsendable = (record: OutboxRecord<UtmPolicy>) => ValidationError | undefined;

/** Makes what checks records with the credentials that the client will send them with, whose length counts. */
export function createUnsendableFinder(
  client: Pick<AttributionClient<UtmPolicy>, 'parse' | 'project'>,
  { all }: Pick<CredentialsSource, 'all'>,
): FindUnsendable {
  const projects = new Map(all.map((credentials) => [credentials.projectId, client.project(credentials)]));
  return ({ event, projectId = '' }) => {
    try {
      (projects.get(projectId) ?? client).parse(event);
      return undefined;
    } catch (error) {
      if (error instanceof ValidationError) return error;
      throw error;
    }
  };
}
