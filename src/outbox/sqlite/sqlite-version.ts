/** Before this one, two connections that reset the write-ahead log at the same time can corrupt the file. */
export const FIRST_SOUND_VERSION = '3.51.3';

/** Whether a version of SQLite keeps a file with a write-ahead log whole. */
export function isSoundVersion(version: string): boolean {
  const parts = version.split('.').map(Number);
  for (const [index, wanted] of FIRST_SOUND_VERSION.split('.').map(Number).entries()) {
    const part = parts[index] ?? 0;
    if (part !== wanted) return part > wanted;
  }
  return true;
}
