import type { CredentialsInput } from 'clevertap-attribution';

/** The partner that all contenders send as. */
export const PARTNER = 'bench';

/** Credentials of a project of the benchmark; they open nothing. */
export function accountOf(projectId: string) {
  return { projectId, projectToken: 'bench-token', projectPasscode: 'bench-passcode' } satisfies CredentialsInput;
}

/** Credentials of the one project of most measurements. */
export const ACCOUNT = accountOf('BENCH-000-001Z');
