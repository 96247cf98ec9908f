import { verify } from 'node:crypto'
import * as v from 'valibot'
import { decodeHex, describeError, parseJson, utf8, utf8Decode, type JsonValue } from '../../base/index.ts'
import { olpcJson } from './canonical.ts'
import { tufErrors } from './errors.ts'
import type { TufRole } from './metadata.ts'

const Signed = v.object({
  signed: v.record(v.string(), v.unknown()),
  signatures: v.array(v.object({ keyid: v.string(), sig: v.string() })),
})

const Root = v.object({
  signed: v.object({
    keys: v.record(v.string(), v.object({ keyval: v.object({ public: v.string() }) })),
    roles: v.record(v.string(), v.object({ keyids: v.array(v.string()), threshold: v.number() })),
  }),
})

/**
 * Whether enough of the keys that `root` lists for the role have signed the document (specification §4.2.1). For a
 * repository of one's own, whose files may be damaged: clients use tuf-js. Throws `tuf.malformed`.
 */
export function isSignedByRole(document: Uint8Array, role: TufRole, root: Uint8Array): boolean {
  try {
    const { signed, signatures } = v.parse(Signed, parseJson(utf8Decode(document)))
    const { keys, roles } = v.parse(Root, parseJson(utf8Decode(root))).signed
    const { keyids, threshold } = roles[role] ?? { keyids: [], threshold: 1 }
    const message = utf8(olpcJson(signed as JsonValue))
    const isBy = (id: string): boolean => {
      const pem = keys[id]?.keyval.public
      const sig = signatures.find(({ keyid }) => keyid === id)?.sig
      return pem !== undefined && sig !== undefined && verify('sha256', message, pem, decodeHex(sig))
    }
    return [...new Set(keyids)].filter(isBy).length >= Math.max(threshold, 1)
  } catch (cause) {
    throw tufErrors('tuf.malformed', `${role}: ${describeError(cause).slice(0, 200)}`, { cause })
  }
}
