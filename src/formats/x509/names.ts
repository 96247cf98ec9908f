import { encodeHex } from '../../base/index.ts'
import {
  contextConstructed,
  contextPrimitive,
  derOid,
  derSequence,
  derSet,
  derUtf8String,
  DerReader,
  readOid,
  readVisibleAscii,
  TAG,
  type DerElement,
} from '../der/index.ts'
import { OID } from './oids.ts'

export interface GeneralName {
  /** `other` is any of the kinds that Sigstore does not put in certificates; its value is hex of the DER. */
  readonly kind: 'uri' | 'email' | 'dns' | 'other'
  readonly value: string
}

export interface DistinguishedName {
  readonly organization: string
  readonly commonName: string
}

const KINDS: Readonly<Record<number, GeneralName['kind']>> = {
  [contextPrimitive(1)]: 'email',
  [contextPrimitive(2)]: 'dns',
  [contextPrimitive(6)]: 'uri',
}
const LAST_KIND = 8

/** RFC 5280 §4.1.2.4: walked for its form only, because names are compared as bytes. */
export function checkName({ content }: DerElement): void {
  const name = new DerReader(content)
  while (!name.isAtEnd) {
    const set = name.enter(TAG.set)
    do {
      const attribute = set.enter()
      readOid(attribute.read(TAG.oid))
      attribute.read()
      attribute.end()
    } while (!set.isAtEnd)
  }
}

/** `O=…, CN=…`, as Fulcio's own certificates are named. */
export function encodeName({ organization, commonName }: DistinguishedName): Uint8Array {
  const attribute = (oid: string, text: string): Uint8Array =>
    derSet(derSequence(derOid(oid), derUtf8String(text)))
  return derSequence(attribute(OID.organization, organization), attribute(OID.commonName, commonName))
}

/** RFC 5280 §4.2.1.6. Names that are read as text hold printable ASCII and nothing else. */
export function readGeneralName(element: DerElement): GeneralName {
  const kind = KINDS[element.tag]
  if (kind !== undefined) return { kind, value: readVisibleAscii(element) }
  return { kind: 'other', value: encodeHex(element.encoded) }
}

export function isGeneralName({ tag }: DerElement): boolean {
  return (
    (tag >= contextPrimitive(0) && tag <= contextPrimitive(LAST_KIND)) ||
    (tag >= contextConstructed(0) && tag <= contextConstructed(LAST_KIND))
  )
}
