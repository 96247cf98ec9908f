import type { Clock, Entropy } from '../../base/index.ts'
import { buildTimestampLeaf, newRoot, type CertifiedKey } from '../../formats/x509/index.ts'

export interface CreationParts {
  readonly clock: Clock
  readonly entropy: Entropy
  /** The organization in both certificates, for people to tell installations apart: the host of the external URL. */
  readonly name: string
}

/**
 * A new root and the certificate that signs timestamps. Only for the first start of an instance. Its root is not that
 * of the certificate authority: the holder of that key must not be able to say when something was signed.
 */
export function createTimestampAuthority({ name, ...ports }: CreationParts): {
  readonly root: CertifiedKey
  readonly leaf: CertifiedKey
} {
  const { root, issued } = newRoot({
    ...ports,
    rootName: { organization: name, commonName: 'wheelseal-tsa-root' },
    issuedName: { organization: name, commonName: 'wheelseal-tsa' },
    build: buildTimestampLeaf,
  })
  return { root, leaf: issued }
}
