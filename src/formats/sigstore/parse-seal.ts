import { describeError, parseJson, type JsonValue } from '../../base/index.ts'
import { parseAttestation, parseProvenance } from './attestation.ts'
import { parseBundle } from './bundle.ts'
import { parseCosignBundle } from './cosign-bundle.ts'
import { sigstoreErrors } from './errors.ts'
import type { SealParts } from './seal-parts.ts'

/** Most are some kilobytes; one over a bill of materials may be many megabytes. */
const MAX_LENGTH = 34 << 20
const MAX_DEPTH = 16

/** By the member that only one format has. */
type Parse = (json: JsonValue, text: string) => SealParts | readonly SealParts[]

const PARSERS: Readonly<Record<string, Parse>> = {
  mediaType: parseBundle,
  base64Signature: parseCosignBundle,
  verification_material: parseAttestation,
  attestation_bundles: parseProvenance,
}

/**
 * The seals in a file: one, but for a provenance object, which may hold several and never none. Reads bundles 0.1 to
 * 0.3, the JSON of `cosign --bundle`, and attestations and provenance objects of PEP 740, told apart by what they
 * hold. Throws `sigstore.bundle`, `sigstore.attestation`.
 */
export function parseSeals(text: string): readonly SealParts[] {
  const json = readJson(text)
  if (json === null || typeof json !== 'object' || Array.isArray(json))
    throw sigstoreErrors('sigstore.bundle', 'not a bundle: not a JSON object')
  const [parse, ...others] = Object.keys(PARSERS).filter((member) => Object.hasOwn(json, member))
  if (parse === undefined || others.length > 0)
    throw sigstoreErrors('sigstore.bundle', `not a bundle: it has ${membersOf(json)}`)
  return [PARSERS[parse]?.(json, text) ?? []].flat()
}

function readJson(text: string): JsonValue {
  try {
    return parseJson(text, { maxLength: MAX_LENGTH, maxDepth: MAX_DEPTH })
  } catch (cause) {
    throw sigstoreErrors('sigstore.bundle', `not a bundle: ${describeError(cause)}`, { cause })
  }
}

function membersOf(json: object): string {
  const names = Object.keys(json).slice(0, 5)
  return names.length === 0 ? 'no members' : `the members ${names.join(', ').slice(0, 200)}`
}
