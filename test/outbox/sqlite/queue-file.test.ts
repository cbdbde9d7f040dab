import { expect, it } from 'vitest';
import { networkFileSystemName } from '../../../src/outbox/sqlite/queue-file.js';

it('tells network file systems by the number that Linux gives them, also where it comes as a negative one', () => {
  expect(networkFileSystemName(0x6969)).toBe('NFS');
  expect(networkFileSystemName(0xff534d42 | 0)).toBe('CIFS');
  expect(networkFileSystemName(0xfe534d42)).toBe('SMB');
  expect(networkFileSystemName(0xef53), 'ext4').toBeUndefined();
});
