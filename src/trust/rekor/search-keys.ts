import * as v from 'valibot'
import { parseJson, sha256, sha256Hex, utf8, utf8Decode, decodeBase64 } from '../../base/index.ts'

/**
 * The texts by which stock Rekor's search index finds an entry (`IndexKeys` of its entry types): `algorithm:hex` of what
 * was signed, and SHA-256 of the canonical PEM of each key or certificate that signed. Subjects are not among them: nobody can list what a
 * project signs by asking for its name.
 */
export function searchKeysOf(leaf: Uint8Array): readonly Uint8Array[] {
  const read = v.safeParse(Body, parseJson(utf8Decode(leaf)))
  return read.success ? textsOf(read.output).map((text) => searchKey(text)) : []
}

/** The key of one such text, for the log's `findByKey`. */
export function searchKey(text: string): Uint8Array {
  return sha256(utf8(`search\n${text}`))
}

/** Of canonical PEM. */
export function publicKeyText(pem: Uint8Array): string {
  return sha256Hex(pem)
}

const Hash = v.object({ algorithm: v.string(), value: v.string() })

/** Bodies as this log wrote them: only what is searched for is read again. */
const Body = v.variant('kind', [
  v.object({
    kind: v.literal('hashedrekord'),
    spec: v.object({
      data: v.object({ hash: Hash }),
      signature: v.object({ publicKey: v.object({ content: v.string() }) }),
    }),
  }),
  v.object({
    kind: v.literal('dsse'),
    spec: v.object({
      envelopeHash: Hash,
      payloadHash: Hash,
      signatures: v.array(v.object({ verifier: v.string() })),
    }),
  }),
])

function textsOf(body: v.InferOutput<typeof Body>): readonly string[] {
  if (body.kind === 'hashedrekord') {
    const { data, signature } = body.spec
    return [hashText(data.hash), publicKeyText(decodeBase64(signature.publicKey.content))]
  }
  const { envelopeHash, payloadHash, signatures } = body.spec
  const keys = new Set(signatures.map(({ verifier }) => publicKeyText(decodeBase64(verifier))))
  return [hashText(envelopeHash), hashText(payloadHash), ...keys]
}

function hashText({ algorithm, value }: v.InferOutput<typeof Hash>): string {
  return `${algorithm}:${value}`
}
