import * as v from 'valibot'
import { describeError, parseJson, utf8Decode } from '../../base/index.ts'
import { tufErrors } from './errors.ts'
import type { TufRole } from './metadata.ts'

/** What the owner of a repository must know of a document to continue it. */
export interface MetadataSummary {
  readonly version: number
  /** `YYYY-MM-DDTHH:MM:SSZ` */
  readonly expires: string
  /** Versions by file name, of a snapshot and a timestamp. */
  readonly meta: Readonly<Record<string, { readonly version: number }>>
  /** Key ids by role, of a root. */
  readonly roles: Readonly<Record<string, { readonly keyids: readonly string[] }>>
  /** By name, of targets. */
  readonly targets: Readonly<Record<string, { readonly length: number; readonly hashes: { sha256: string } }>>
}

/** The library repeats the value that it refuses. */
const MAX_REASON_LENGTH = 200
const Version = v.pipe(v.number(), v.safeInteger(), v.minValue(1))

const shape = (role: TufRole) =>
  v.object({
    signed: v.object({
      _type: v.literal(role),
      version: Version,
      expires: v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)),
      meta: v.optional(v.record(v.string(), v.object({ version: Version })), {}),
      roles: v.optional(v.record(v.string(), v.object({ keyids: v.array(v.string()) })), {}),
      targets: v.optional(
        v.record(v.string(), v.object({ length: v.number(), hashes: v.object({ sha256: v.string() }) })),
        {},
      ),
    }),
  })

/** Reads a document of one's own; verifies no signature. Throws `tuf.malformed`. */
export function readMetadata(bytes: Uint8Array, role: TufRole): MetadataSummary {
  try {
    return v.parse(shape(role), parseJson(utf8Decode(bytes))).signed
  } catch (cause) {
    const reason = describeError(cause).slice(0, MAX_REASON_LENGTH)
    throw tufErrors('tuf.malformed', `${role}: ${reason}`, { cause })
  }
}
