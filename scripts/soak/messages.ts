import type { CredentialsInput } from '../../src/contract/credentials.js';
import type { Fault } from '../../src/testing/index.js';

/** What the emulator's process is told. */
export type ToEmulator =
  | { readonly type: 'add'; readonly account: CredentialsInput }
  | { readonly type: 'remove'; readonly projectId: string; readonly projectPasscode?: string }
  | { readonly type: 'fault'; readonly fault: Fault }
  | { readonly type: 'calm' }
  | { readonly type: 'count' };

/** What it tells. */
export type FromEmulator =
  | { readonly type: 'listening'; readonly baseUrl: string }
  | { readonly type: 'counts'; readonly requests: number; readonly recorded: number };
