import { readBoolean, readOid, TAG, type DerElement, type DerReader } from '../der/index.ts'
import { malformed } from './errors.ts'

export interface Extension {
  /** Dotted decimal. */
  readonly oid: string
  readonly isCritical: boolean
}

const MAX_EXTENSIONS = 16

/** Of a request or of a timestamp; their values are nothing that is known here. Empty when absent. */
export function readExtensions(list: DerReader | undefined): readonly Extension[] {
  if (list === undefined) return []
  const extensions: Extension[] = []
  while (!list.isAtEnd) extensions.push(readExtension(list.enter()))
  if (extensions.length === 0 || extensions.length > MAX_EXTENSIONS) {
    throw malformed(`${extensions.length} extensions, 1 to ${MAX_EXTENSIONS} are allowed`)
  }
  return extensions
}

/** A BOOLEAN whose default is false, which is not written (X.690 §11.5). */
export function readFlag(element: DerElement | undefined): boolean {
  if (element === undefined) return false
  if (!readBoolean(element)) throw malformed('a default value is encoded, which DER does not allow')
  return true
}

function readExtension(fields: DerReader): Extension {
  const oid = readOid(fields.read(TAG.oid))
  const isCritical = readFlag(fields.readOptional(TAG.boolean))
  fields.read(TAG.octetString)
  fields.end()
  return { oid, isCritical }
}
