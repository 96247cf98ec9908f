import * as v from 'valibot'
import { parseIsoTime } from '../../base/index.ts'
import {
  RELEASE_STATES,
  REPORTED_OUTCOMES,
  type RefusalReport,
  type ReleaseReport,
} from '../../gate/index.ts'

/** PyPI's largest releases have some hundred files; a claim or a sentence has less than a thousand characters. */
const [MAX_FILES, MAX_ITEMS, MAX_LENGTH] = [5000, 200, 4096]

const text = v.pipe(v.string(), v.maxLength(MAX_LENGTH))
const time = v.pipe(
  text,
  v.check((value) => /^\d{4}-\d{2}-\d{2}T/.test(value) && Number.isFinite(parseIsoTime(value)), 'not a time'),
)
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const outcome = v.picklist(REPORTED_OUTCOMES)
const texts = v.pipe(v.array(text), v.maxLength(MAX_ITEMS))

const signer = v.object({
  identity: text,
  issuer: text,
  claims: v.record(text, text),
  signedAt: time,
  logIndex: count,
})

const file = v.object({
  fileName: text,
  sha256: v.nullable(sha256),
  upstreamUrl: text,
  url: text,
  uploadedAt: time,
  uploadedAtIs: v.picklist(['said', 'first seen']),
  outcome,
  code: v.exactOptional(text),
  sentence: v.exactOptional(text),
  until: v.exactOptional(time),
  grounds: v.pipe(
    v.array(v.object({ code: text, fact: text, exemptedBy: v.exactOptional(text) })),
    v.maxLength(MAX_ITEMS),
  ),
  signer: v.exactOptional(signer),
  notes: texts,
})

const pin = v.object({
  repository: text,
  issuer: text,
  workflow: v.nullable(text),
  since: time,
  by: text,
})

const release = {
  gate: text,
  mode: v.picklist(['enforce', 'warn', 'off']),
  name: text,
  version: text,
  upstream: text,
  outcome,
  ground: v.exactOptional(v.object({ code: text, fact: text })),
  rule: text,
  policySha256: sha256,
  states: v.pipe(v.array(v.picklist(RELEASE_STATES)), v.maxLength(RELEASE_STATES.length)),
  files: v.pipe(v.array(file), v.maxLength(MAX_FILES)),
  servedInstead: v.nullable(
    v.object({
      version: text,
      signedAt: v.exactOptional(time),
      logIndex: v.exactOptional(count),
    }),
  ),
  pins: v.pipe(v.array(pin), v.maxLength(MAX_ITEMS)),
  next: texts,
}

const refusal = v.object({
  id: v.pipe(v.string(), v.regex(/^[0-9a-f]{8}$/)),
  fileName: text,
  code: text,
  sentence: text,
  first: time,
  last: time,
  count,
})

/** Members that a later gate may add are left out. */
export const releaseSchema: v.GenericSchema<unknown, ReleaseReport> = v.object(release)
export const linkedSchema: v.GenericSchema<unknown, ReleaseReport & { readonly refusal: RefusalReport }> =
  v.object({ ...release, refusal })
