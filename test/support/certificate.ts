/** A certificate of our own, by openssl: for localhost, 127.0.0.1 and ::1, signed by itself. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificate {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

/** Undefined where openssl is not installed. */
export function ownCertificate(): Certificate | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'synth-certificate-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  try {
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '3650'];
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1'];
    const { status, stderr, error } = spawnSync('openssl', [
      'req',
      '-x509',
      ...kind,
      ...names,
      '-keyout',
      key,
      '-out',
      cert,
    ]);
    if (error !== undefined) return undefined;
    if (status !== 0) throw new Error(`openssl: ${stderr}`);
    return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
