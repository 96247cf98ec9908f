/** What stock cosign 3.1.2 says of seals made here. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { publicKeyPem } from '../../src/formats/x509/index.ts'
import { ISSUER, SAN } from '../../src/verify/arrange.ts'
import { bytes, type Json } from '../../src/verify/attacks/arrange.ts'
import { cosign3 } from '../support/judges.ts'
import { runProgram } from '../support/program.ts'
import { trustedRootJson } from './letter-seals.ts'

export interface CosignCall {
  readonly bundle: Json
  /** Where a named key must have signed, DER SubjectPublicKeyInfo. */
  readonly key?: Uint8Array
  readonly trustedRoot?: Json
  readonly file?: Uint8Array
}

/** Over the file of `attacks/arrange.ts`, by its bundle; attestations are of SLSA provenance. */
export async function cosignVerdict(
  folder: string,
  { bundle, key, trustedRoot = trustedRootJson(), file = bytes }: CosignCall,
): Promise<{ readonly isAccepted: boolean; readonly said: string }> {
  await writeFile(join(folder, 'bundle.json'), JSON.stringify(bundle))
  await writeFile(join(folder, 'root.json'), JSON.stringify(trustedRoot))
  await writeFile(join(folder, 'file'), file)
  if (key !== undefined) await writeFile(join(folder, 'key.pub'), publicKeyPem(key))
  const isFile = bundle.messageSignature !== undefined
  const command = isFile ? ['verify-blob'] : ['verify-blob-attestation', '--type', 'slsaprovenance1']
  const who =
    key === undefined
      ? ['--certificate-identity', SAN, '--certificate-oidc-issuer', ISSUER]
      : ['--key', 'key.pub']
  const argv = [cosign3, ...command, ...who, '--bundle', 'bundle.json', '--trusted-root', 'root.json', 'file']
  const { code, stderr } = await runProgram(argv, { cwd: folder, env: { HOME: folder } })
  return { isAccepted: code === 0, said: stderr }
}
