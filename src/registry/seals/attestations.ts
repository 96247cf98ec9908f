import { decodeHex, describeError, parseJson, utf8, type JsonValue } from '../../base/index.ts'
import type { Project } from '../../access/index.ts'
import { parseSeals, parseStatement } from '../../formats/sigstore/index.ts'
import { registryErrors } from '../errors.ts'
import type { StoredFile } from '../store.ts'
import { judgeSealUnder } from './judge-seal.ts'
import type { SealContext } from './parts.ts'
import type { JudgedRule } from './rule.ts'

/** A publish attestation and one of provenance, as on PyPI. */
const MAX_ATTESTATIONS = 2
const MAX_LENGTH = 2 << 20
const MAX_DEPTH = 16

/** What must be known of a distribution before it has a row. */
export type Uploaded = Pick<StoredFile, 'fileName' | 'sha256'>

/**
 * The field `attestations` of an upload (PEP 740): a JSON list of attestation objects. Each must hold for this file,
 * under the configured trust roots, by the project's identity or whom its policy lets; what a policy requires besides
 * another seal may bring. Gives the bytes to keep, all in one provenance object; undefined for an empty list. Throws `registry.attestations`, `registry.attestation-refused`.
 */
export async function checkAttestations(
  { roots }: Pick<SealContext, 'roots'>,
  { project, file, rule }: { readonly project: Project; readonly file: Uploaded; readonly rule: JudgedRule },
  text: string,
): Promise<Uint8Array | undefined> {
  const kept: JsonValue[] = []
  const types = new Set<string>()
  for (const one of readList(text)) {
    const bytes = utf8(JSON.stringify(one))
    const { outcome, report } = await judgeSealUnder(roots, {
      fileName: file.fileName,
      artifactFor: async () => ({ sha256: decodeHex(file.sha256) }),
      policy: { ...rule.policyFor(file.fileName), requires: [] },
      paths: [`attestation ${kept.length + 1}`],
      found: { kind: 'provenance', bytes },
    })
    if (outcome !== 'verified')
      throw registryErrors(
        'registry.attestation-refused',
        `attestation ${kept.length + 1} of ${project.path}: ${report.message}`,
      )
    types.add(predicateTypeOf(one))
    kept.push(one)
  }
  if (types.size < kept.length)
    throw registryErrors('registry.attestations', 'two attestations have the same predicate type')
  return kept.length === 0 ? undefined : utf8(JSON.stringify(together(kept)))
}

/** Who published stands in the certificates, and is read from them when the provenance is made. */
function together(attestations: readonly JsonValue[]): JsonValue {
  return { version: 1, attestation_bundles: [{ publisher: { kind: 'uploaded' }, attestations }] }
}

function readList(text: string): readonly JsonValue[] {
  const list = readJson(text)
  if (!Array.isArray(list))
    throw registryErrors('registry.attestations', 'the field attestations is not a JSON list')
  const items = list as readonly JsonValue[]
  const isObjects = items.every((one) => one !== null && typeof one === 'object' && !Array.isArray(one))
  if (!isObjects)
    throw registryErrors(
      'registry.attestations',
      'the field attestations has an item that is not a JSON object',
    )
  // A provenance object is read as its attestations, and in a list of attestations it is none.
  if (items.some((one) => Object.hasOwn(Object(one), 'attestation_bundles')))
    throw registryErrors('registry.attestations', 'the field attestations has a provenance object')
  if (items.length <= MAX_ATTESTATIONS) return items
  throw registryErrors(
    'registry.attestations',
    `${items.length} attestations were uploaded, at most ${MAX_ATTESTATIONS} are allowed`,
  )
}

function readJson(text: string): JsonValue {
  try {
    return parseJson(text, { maxLength: MAX_LENGTH, maxDepth: MAX_DEPTH })
  } catch (cause) {
    throw registryErrors('registry.attestations', `the field attestations: ${describeError(cause)}`, {
      cause,
    })
  }
}

/** Of one that was verified, so that it can be read. */
function predicateTypeOf(attestation: JsonValue): string {
  const [seal] = parseSeals(JSON.stringify(attestation))
  return seal?.envelope === undefined ? '' : parseStatement(seal.envelope.payload).predicateType
}
