import * as v from 'valibot'
import { parseJson } from '../../base/index.ts'
import type { Pin, SealVerdict } from '../../gate/index.ts'
import { storageErrors } from '../errors.ts'

const Whole = v.pipe(v.number(), v.safeInteger())

const Verdicts = v.array(
  v.variant('holds', [
    v.strictObject({
      holds: v.literal(true),
      identity: v.strictObject({
        san: v.string(),
        sanKind: v.picklist(['uri', 'email']),
        issuer: v.string(),
        extensions: v.record(v.string(), v.string()),
      }),
      has: v.strictObject({ bundle: v.boolean(), timestamp: v.boolean(), attestation: v.boolean() }),
      signedAtMs: Whole,
      logIndex: Whole,
    }),
    v.strictObject({ holds: v.literal(false), code: v.string(), fact: v.string() }),
  ]),
)

const StoredPin = v.strictObject({
  issuer: v.string(),
  repository: v.strictObject({ kind: v.picklist(['id', 'uri']), value: v.string() }),
  shown: v.string(),
  workflow: v.nullable(v.string()),
  refKind: v.nullable(v.picklist(['tag', 'branch', 'other'])),
  sinceMs: Whole,
  by: v.string(),
  fromFiles: v.array(v.string()),
})

/** Undefined for those of another version, or damaged: it comes back when the seal is judged again. */
export function readVerdicts(text: string): readonly SealVerdict[] | undefined {
  try {
    return v.parse(Verdicts, parseJson(text))
  } catch {
    return undefined
  }
}

/** Throws `storage.database`. */
export function readPin(text: string): Pin {
  try {
    return v.parse(StoredPin, parseJson(text))
  } catch (cause) {
    throw storageErrors('storage.database', 'a pin of the gate that was kept cannot be read', { cause })
  }
}
