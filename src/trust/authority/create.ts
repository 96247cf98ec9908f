import type { Clock, Entropy } from '../../base/index.ts'
import { buildIntermediate, newRoot, type CertifiedKey } from '../../formats/x509/index.ts'

export interface CreationParts {
  readonly clock: Clock
  readonly entropy: Entropy
  /** The organization in both certificates, for people to tell installations apart: the host of the external URL. */
  readonly name: string
}

/**
 * A new root and its intermediate. Only for the first start of an instance: clients that trust the old root trust nothing
 * of the new one. The root's key is needed again only for another intermediate.
 */
export function createCertificateAuthority({ name, ...ports }: CreationParts): {
  readonly root: CertifiedKey
  readonly intermediate: CertifiedKey
} {
  const { root, issued } = newRoot({
    ...ports,
    rootName: { organization: name, commonName: 'wheelseal' },
    issuedName: { organization: name, commonName: 'wheelseal-intermediate' },
    build: buildIntermediate,
  })
  return { root, intermediate: issued }
}
