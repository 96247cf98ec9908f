import * as v from 'valibot'

const [MAX_FILES, MAX_ITEMS, MAX_LENGTH] = [5000, 200, 4096]
const text = v.pipe(v.string(), v.maxLength(MAX_LENGTH))
const listOf = <T>(item: v.GenericSchema<unknown, T>) => v.pipe(v.array(item), v.maxLength(MAX_ITEMS))
const signer = v.object({ identity: text, issuer: text, claims: v.record(text, text) })

const file = v.object({
  fileName: text,
  sha256: v.nullable(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))),
  url: text,
  outcome: v.picklist(['allowed', 'held', 'refused', 'not judged']),
  code: v.exactOptional(text),
  until: v.exactOptional(text),
  grounds: listOf(v.object({ code: text, fact: text, exemptedBy: v.exactOptional(text) })),
  signer: v.exactOptional(signer),
})

/** Of a report of the gate what an audit needs. */
export const releaseSchema = v.object({
  gate: text,
  name: text,
  version: text,
  files: v.pipe(v.array(file), v.maxLength(MAX_FILES)),
})

export type AuditedRelease = v.InferOutput<typeof releaseSchema>
export type AuditedFile = AuditedRelease['files'][number]
export type AuditedSigner = NonNullable<AuditedFile['signer']>
