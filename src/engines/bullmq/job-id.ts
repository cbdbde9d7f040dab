// BullMQ keeps a job under `<prefix>:<queue>:<job id>`, beside keys of its own such as `wait`, and takes neither integers
// nor colons: a prefix of ours keeps ids out of the way of both.
const PREFIX = 'event-';

/** The BullMQ job id of an item's id; different ids have different job ids. */
export function jobIdOf(id: string): string {
  // \p{Cs} under the u flag: halves of a surrogate pair, which UTF-8 would make one and the same.
  return PREFIX + id.replace(/[%:\p{Cc}\p{Cs}]/gu, (c) => `%${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The item's id that a job id stands for; undefined for a job that is not ours. */
export function itemIdOf(jobId: string): string | undefined {
  if (!jobId.startsWith(PREFIX)) return undefined;
  return jobId
    .slice(PREFIX.length)
    .replace(/%([0-9a-f]{4})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
}
