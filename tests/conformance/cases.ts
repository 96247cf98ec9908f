/** For tests only: the bundle cases of sigstore-conformance, and sigstore-js's verdict on them. */
import { bundleFromJSON } from '@sigstore/bundle'
import { TrustedRoot } from '@sigstore/protobuf-specs'
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify'
import { createPublicKey } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { shared } from '../support/judges.ts'
import { trustedRoots } from './client.ts'

export const cases = join(shared, 'cases', 'sigstore-conformance', 'bundle-verify')

const BEACON =
  'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main'
const ACTIONS = 'https://token.actions.githubusercontent.com'

export interface Case {
  readonly name: string
  readonly mustFail: boolean
  readonly bundlePath: string
  readonly artifactPath: string
  readonly rootPath: string
  readonly keyPath: string | undefined
  readonly san: string
  readonly issuer: string
}

/** None where they are not there: what would be tested with them is said and skipped by `present`. */
export function readCases(): readonly Case[] {
  if (!existsSync(cases)) return []
  return readdirSync(cases)
    .filter((name) => existsSync(join(cases, name, 'bundle.sigstore.json')))
    .map((name) => readCase(name))
}

export function readCase(name: string): Case {
  const at = (file: string): string | undefined =>
    existsSync(join(cases, name, file)) ? join(cases, name, file) : undefined
  const text = (file: string, otherwise: string): string => {
    const path = at(file)
    return path === undefined ? otherwise : readFileSync(path, 'utf8').trim()
  }
  return {
    name,
    mustFail: name.endsWith('_fail'),
    bundlePath: join(cases, name, 'bundle.sigstore.json'),
    artifactPath: at('artifact') ?? join(cases, 'a.txt'),
    rootPath: at('trusted_root.json') ?? join(trustedRoots, 'production.json'),
    keyPath: at('key.pub'),
    san: text('identity', BEACON),
    issuer: text('issuer', ACTIONS),
  }
}

/** The arguments of the suite's protocol. */
export function argumentsOf(one: Case, subject = one.artifactPath): readonly string[] {
  const who =
    one.keyPath === undefined
      ? ['--certificate-identity', one.san, '--certificate-oidc-issuer', one.issuer]
      : ['--key', one.keyPath]
  return ['verify-bundle', '--bundle', one.bundlePath, ...who, '--trusted-root', one.rootPath, subject]
}

/** What `@sigstore/verify` says: undefined when it accepts. It compares names as patterns: here they are anchored. */
export function sigstoreJs(one: Case): (bundle: unknown, file: Uint8Array) => string | undefined {
  const root = TrustedRoot.fromJSON(JSON.parse(readFileSync(one.rootPath, 'utf8')))
  const key = one.keyPath === undefined ? undefined : createPublicKey(readFileSync(one.keyPath, 'utf8'))
  const keys = key === undefined ? undefined : () => ({ publicKey: key, validFor: () => true })
  const verifier = new Verifier(toTrustMaterial(root, keys))
  const who = {
    subjectAlternativeName: `^${one.san.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)}$`,
    extensions: { issuer: one.issuer },
  }
  return (bundle, file) => {
    try {
      const entity = toSignedEntity(bundleFromJSON(bundle), Buffer.from(file))
      verifier.verify(entity, key === undefined ? who : undefined)
      return undefined
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }
}
