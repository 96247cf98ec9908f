import { sha256Hex, utf8Decode, describeError, type Files } from '../../base/index.ts'
import {
  checkChain,
  parseCertificate,
  parsePublicKeyPem,
  publicKeyPem,
  type ChainRequest,
} from '../../formats/x509/index.ts'
import type { Authority } from '../../trust/authority/index.ts'
import type { ProposedKey } from '../../trust/rekor/index.ts'
import { serverErrors } from '../errors.ts'

/** Who may write to Rekor: certificates of our own authority, and the keys that the configuration lists. */
export interface Admission {
  /** Undefined to let it in, or why not. */
  readonly refusal: (key: ProposedKey) => string | undefined
  /** The same authority; what it issues is known by its hash for a while, and needs no chain to be let in. */
  readonly authority: Authority
}

export interface AdmissionParts {
  readonly authority: Authority
  /** DER: intermediate and root. */
  readonly chain: readonly [Uint8Array, Uint8Array]
  /** Canonical PEM. */
  readonly keys: ReadonlySet<string>
}

/** Certificates live ten minutes, and most are logged within a second. */
const MAX_KNOWN = 16_384
const MAX_KEY_BYTES = 16 * 1024

export function createAdmission({ authority, chain, keys }: AdmissionParts): Admission {
  const [intermediate, root] = chain
  const above = { intermediates: [parseCertificate(intermediate)], roots: [parseCertificate(root)] }
  const issued = new Set<string>()
  return {
    refusal: (key) => refusalOf(key, { above, keys, issued }),
    authority: {
      ...authority,
      issue: async (request) => {
        const made = await authority.issue(request)
        const [leaf] = made.chain
        if (leaf !== undefined) issued.add(sha256Hex(leaf))
        const [oldest] = issued
        if (issued.size > MAX_KNOWN && oldest !== undefined) issued.delete(oldest)
        return made
      },
    },
  }
}

interface Known {
  readonly above: Pick<ChainRequest, 'intermediates' | 'roots'>
  readonly keys: ReadonlySet<string>
  readonly issued: ReadonlySet<string>
}

/** A chain is judged at the time at which the certificate begins. */
function refusalOf({ pem, certificate }: ProposedKey, { above, keys, issued }: Known): string | undefined {
  if (certificate === undefined)
    return keys.has(pem) ? undefined : 'the key is not listed in the configuration of this log'
  if (issued.has(sha256Hex(certificate.der))) return undefined
  const result = checkChain({ leaf: certificate, ...above, atSeconds: certificate.notBeforeSeconds })
  return result.ok ? undefined : `the certificate is not from this authority: ${result.reason}`
}

/** Public keys as PEM, one a file. Throws `server.configuration`. */
export async function readListedKeys(paths: readonly string[], files: Files): Promise<ReadonlySet<string>> {
  const keys = new Set<string>()
  for (const path of paths) {
    try {
      keys.add(publicKeyPem(parsePublicKeyPem(utf8Decode(await files.read(path, MAX_KEY_BYTES)).trim())))
    } catch (cause) {
      throw serverErrors('server.configuration', `rekor.keys: ${path}: ${describeError(cause)}`, {
        cause,
        hint: 'name a file with one public key as PEM, such as cosign.pub',
      })
    }
  }
  return keys
}
