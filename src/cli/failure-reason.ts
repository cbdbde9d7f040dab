import type { AnyAttributionError } from '../errors.js';

/** Why a record was not delivered in few words, so that like ones count together: without what differs between them. */
export function describeReason(status: 'rejected' | 'failed', error: AnyAttributionError): string {
  return `${status}: ${describeError(error)}`;
}

function describeError(error: AnyAttributionError): string {
  if (error.code === 'validation') {
    const [first] = error.issues;
    const field = first?.path.map(String).join('.') ?? '';
    // Numbers in a message are mostly counts of this one record.
    return `${field === '' ? 'the record itself' : field}: ${(first?.message ?? '').replace(/\d+/g, '…')}`;
  }
  if (error.code === 'bad_request')
    return `bad_request (${error.field === undefined ? error.reason : `${error.field} is missing`})`;
  return error.status === undefined ? error.code : `${error.code} (${error.status})`;
}
