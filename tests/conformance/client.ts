/**
 * A client for sigstore-conformance (docs/cli_protocol.md there), as far as that verifies:
 *
 *     node tests/conformance/client.ts verify-bundle [--staging] --bundle F
 *       (--certificate-identity ID --certificate-oidc-issuer URL | --key PEM) [--trusted-root F] FILE|sha256:HEX
 *
 * Exit 0 verified, 1 refused, 2 wrong usage.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { decodeHex, describeError } from '../../src/base/index.ts'
import { parsePublicKeyPem } from '../../src/formats/x509/index.ts'
import {
  artifactOf,
  checkLines,
  exactly,
  trustRootFromJson,
  verdictSentence,
  verifyBundle,
  type Artifact,
  type BundleRequest,
  type Verdict,
} from '../../src/verify/index.ts'
import { shared } from '../support/judges.ts'

export const trustedRoots = join(shared, 'cases', 'trusted-roots')

const options = {
  staging: { type: 'boolean' },
  bundle: { type: 'string' },
  'certificate-identity': { type: 'string' },
  'certificate-oidc-issuer': { type: 'string' },
  key: { type: 'string' },
  'trusted-root': { type: 'string' },
} as const

interface Given {
  readonly staging?: boolean
  readonly bundle?: string
  readonly 'certificate-identity'?: string
  readonly 'certificate-oidc-issuer'?: string
  readonly key?: string
  readonly 'trusted-root'?: string
}

/** Throws for wrong usage and for a trust root or key that cannot be read. */
export function verify(argv: readonly string[]): Verdict {
  const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true })
  const [command, subject, ...others] = positionals
  if (command !== 'verify-bundle' || subject === undefined || others.length > 0 || !values.bundle)
    throw new Error('usage: verify-bundle --bundle F … FILE')
  const root =
    values['trusted-root'] ?? join(trustedRoots, values.staging ? 'staging.json' : 'production.json')
  return verifyBundle({
    bundle: readFileSync(values.bundle, 'utf8'),
    artifact: artifactFrom(subject),
    trustRoot: trustRootFromJson(readFileSync(root, 'utf8')),
    ...expected(values),
  })
}

function artifactFrom(subject: string): Artifact {
  return subject.startsWith('sha256:')
    ? { sha256: decodeHex(subject.slice('sha256:'.length)) }
    : artifactOf(new Uint8Array(readFileSync(subject)))
}

function expected(given: Given): Pick<BundleRequest, 'key' | 'policy'> {
  if (given.key !== undefined) return { key: parsePublicKeyPem(readFileSync(given.key, 'utf8')) }
  const { 'certificate-identity': san, 'certificate-oidc-issuer': issuer } = given
  if (san === undefined || issuer === undefined) throw new Error('neither an identity with issuer nor a key')
  return { policy: { anyOf: [{ san: exactly(san), issuer: exactly(issuer) }] } }
}

function main(argv: readonly string[]): void {
  try {
    const verdict = verify(argv)
    console.error([verdictSentence(verdict, argv.at(-1) ?? ''), ...checkLines(verdict)].join('\n'))
    process.exitCode = verdict.verified ? 0 : 1
  } catch (error) {
    console.error(describeError(error))
    process.exitCode = describeError(error).startsWith('usage') ? 2 : 1
  }
}

if (import.meta.main) main(process.argv.slice(2))
