import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CERTIFICATE } from '../../test/support/self-signed-certificate.js';

/** A file that goes when it is disposed of. */
export interface CertificateFile extends Disposable {
  readonly path: string;
}

/** Writes the server's certificate down for `NODE_EXTRA_CA_CERTS`, so that clients trust it as they trust any other. */
export function writeCertificate(): CertificateFile {
  const folder = mkdtempSync(join(tmpdir(), 'clevertap-attribution-bench-'));
  const path = join(folder, 'certificate.pem');
  writeFileSync(path, CERTIFICATE);
  return { path, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}
