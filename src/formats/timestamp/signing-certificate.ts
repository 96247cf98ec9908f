import { contextConstructed, readDer, TAG, type DerReader } from '../der/index.ts'
import { readAlgorithm } from './hash.ts'
import { readSerial } from './info.ts'
import { OID } from './oids.ts'

/** ESSCertIDv2 (RFC 5035 §4): which certificate the signer meant. */
export interface SigningCertificate {
  readonly hashOid: string
  readonly hash: Uint8Array
  readonly issuerSerial: { readonly issuerDer: Uint8Array; readonly serial: Uint8Array } | undefined
}

/** The first certificate of the attribute signingCertificateV2, which is the signer's. Throws `der.malformed`. */
export function readSigningCertificate(value: Uint8Array): SigningCertificate {
  return readDer(value, (content) => {
    const list = content.enter()
    const first = readCertificateId(list.enter())
    while (!list.isAtEnd) list.read(TAG.sequence)
    content.readOptional(TAG.sequence)
    return first
  })
}

/** Some authorities spell the default hash out, against DER; it says nothing else, so both are read. */
function readCertificateId(fields: DerReader): SigningCertificate {
  const hashOid = fields.nextTag === TAG.sequence ? readAlgorithm(fields) : OID.sha256
  const hash = fields.read(TAG.octetString).content
  const named = fields.enterOptional(TAG.sequence)
  const issuerSerial = named === undefined ? undefined : readIssuerSerial(named)
  fields.end()
  return { hashOid, hash, issuerSerial }
}

/** GeneralNames with a directoryName and nothing else (RFC 5035 §4). */
function readIssuerSerial(fields: DerReader): { issuerDer: Uint8Array; serial: Uint8Array } {
  const names = fields.enter()
  const directoryName = names.enter(contextConstructed(4))
  names.end()
  const issuerDer = directoryName.read(TAG.sequence).encoded
  directoryName.end()
  const serial = readSerial(fields.read(TAG.integer))
  fields.end()
  return { issuerDer, serial }
}
