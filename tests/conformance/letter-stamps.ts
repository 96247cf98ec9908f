/** Timestamps at the edge, each over the signature of a seal of Rekor 2, which has no other time. */
import { generateKeyPairSync } from 'node:crypto'
import { encodeBase64, sha256, utf8 } from '../../src/base/index.ts'
import {
  derElement,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derSmallInteger,
  TAG,
} from '../../src/formats/der/index.ts'
import {
  attribute,
  certificateId,
  craft,
  info,
  leaf,
  makeTimestampLeaf,
  root,
} from '../../src/formats/timestamp/arrange.ts'
import { messageImprint } from '../../src/formats/timestamp/index.ts'
import type { Certificate } from '../../src/formats/x509/index.ts'
import { NOW, signature } from '../../src/verify/arrange.ts'
import { fileBundle2, makeTimestamp, type Json } from '../../src/verify/attacks/arrange.ts'
import { rootWith } from './letter-seals.ts'

export interface Stamped {
  readonly bundle: Json
  readonly trustedRoot: Json
}

type Changes = NonNullable<Parameters<typeof craft>[0]>

/** TSTInfo with its time as it is written. */
function contentAt(time: string): Uint8Array {
  return derSequence(
    derSmallInteger(1),
    derOid(info.policy),
    messageImprint('sha256', sha256(signature)).encoded,
    derElement(TAG.integer, info.serial),
    derElement(TAG.generalizedTime, utf8(time)),
  )
}
const iso = new Date(NOW * 1000).toISOString()
const WHOLE = `${iso.slice(0, 19).replaceAll(/[-:T]/g, '')}Z`

function stamped(changes: Changes = {}, { signer = leaf, time = WHOLE } = {}): Stamped {
  const bundle = fileBundle2()
  const signedTimestamp = encodeBase64(craft(changes, contentAt(time)))
  bundle.verificationMaterial.timestampVerificationData.rfc3161Timestamps = [{ signedTimestamp }]
  return { bundle, ...rootOf(signer) }
}

function rootOf(signer: Certificate): Pick<Stamped, 'trustedRoot'> {
  return rootWith(({ timestampAuthorities: [authority] }) => {
    authority.certChain.certificates = [signer, root].map(({ der }) => ({ rawBytes: encodeBase64(der) }))
  })
}

function byRsa(modulusLength: number): Stamped {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength })
  const signer = makeTimestampLeaf({
    spki: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })),
  })
  const signatureAlgorithm = derSequence(derOid('1.2.840.113549.1.1.11'), derNull())
  const certificateAttribute = certificateId(derOctetString(sha256(signer.der)))
  return stamped({ key: privateKey, signatureAlgorithm, certificateAttribute }, { signer })
}

/** One of an authority that is known, and one of another. */
function withAnother(): Stamped {
  const made = stamped()
  const other = { signedTimestamp: encodeBase64(makeTimestamp(signature)) }
  made.bundle.verificationMaterial.timestampVerificationData.rfc3161Timestamps.push(other)
  return made
}

export const STAMPS = {
  good: stamped(),
  rsa2048: byRsa(2048),
  rsa4096: byRsa(4096),
  unnamed: stamped({ certificateAttribute: attribute('1.2.3', derNull()) }),
  fraction: stamped({}, { time: WHOLE.replace('Z', '.5Z') }),
  withAnother: withAnother(),
} as const
