/** Files that are sealed by our own services, and the real bundles of public Sigstore that sigstore-conformance has. */
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { shared } from '../tests/support/judges.ts'
import { signWithJs } from '../tests/support/sigstore-js.ts'
import { builtProgram, timeOf } from './commands.ts'
import { trialToken, type Ours } from './ours.ts'

export interface SealedFiles {
  readonly folder: string
  readonly names: readonly string[]
  /** The trust export of the instance. */
  readonly trust: string
  readonly identity: string
  readonly issuer: string
}

/** A bundle and what it is verified with; all paths. */
export interface WarmCase {
  readonly name: string
  readonly bundle: string
  readonly artifact: string
  readonly trustedRoot: string
  readonly identity: string
  readonly issuer: string
}

const FILE_BYTES = 20_000
/** Files of one call share a certificate. */
const CALL = 100

export async function exportTrust(ours: Ours, folder: string): Promise<string> {
  const argv = [...builtProgram(), 'trust', 'export', '--out', folder, '--data', ours.data]
  if (!existsSync(folder)) await timeOf({ argv, cwd: ours.data })
  return folder
}

function ourIdentity({ url }: Ours): Pick<WarmCase, 'identity' | 'issuer'> {
  const { host } = new URL(url)
  return { identity: `https://${host}/bench/bench//.gitlab-ci.yml@refs/heads/main`, issuer: url }
}

export function signArguments(trust: string): readonly string[] {
  const config = join(trust, 'signing_config.json')
  return ['sign', '--quiet', '--signing-config', config, '--trusted-root', join(trust, 'trusted_root.json')]
}

/** So many distributions of 20 kB, each with a bundle of version 0.3 beside it. */
export async function sealFiles(ours: Ours, work: string, count: number): Promise<SealedFiles> {
  const folder = join(work, 'sealed')
  mkdirSync(folder, { recursive: true })
  const trust = await exportTrust(ours, join(work, 'trust'))
  const names = Array.from({ length: count }, (_, index) => `demo-${index}.0.tar.gz`)
  for (const name of names) writeFileSync(join(folder, name), randomBytes(FILE_BYTES))
  for (let at = 0; at < count; at += CALL) {
    const argv = [...builtProgram(), ...signArguments(trust), '--no-legacy', ...names.slice(at, at + CALL)]
    await timeOf({ argv, cwd: folder, env: { SIGSTORE_ID_TOKEN: trialToken(ours) } })
  }
  return { folder, names, trust, ...ourIdentity(ours) }
}

/** One of each kind: over the file and over an attestation, of public Sigstore (P-384) and of ours (P-256). */
export async function warmCases(ours: Ours, sealed: SealedFiles, work: string): Promise<readonly WarmCase[]> {
  const [first = ''] = sealed.names
  const { folder, trust, identity, issuer } = sealed
  const own = {
    artifact: join(folder, first),
    trustedRoot: join(trust, 'trusted_root.json'),
    identity,
    issuer,
  }
  return [
    ...publicCases(),
    { name: 'ours, file', bundle: `${own.artifact}.sigstore.json`, ...own },
    { name: 'ours, attestation', bundle: await attest(ours, own, work), ...own },
  ]
}

function publicCases(): readonly WarmCase[] {
  const cases = join(shared, 'cases', 'sigstore-conformance', 'bundle-verify')
  if (!existsSync(cases)) return []
  const signer =
    'sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml'
  const common = {
    artifact: join(cases, 'a.txt'),
    trustedRoot: join(shared, 'cases', 'trusted-roots', 'production.json'),
    identity: `https://github.com/${signer}@refs/heads/main`,
    issuer: 'https://token.actions.githubusercontent.com',
  }
  const bundle = (name: string): string => join(cases, name, 'bundle.sigstore.json')
  return [
    { name: 'public Sigstore, file', bundle: bundle('happy-path-v0.3'), ...common },
    { name: 'public Sigstore, attestation', bundle: bundle('happy-path-intoto-in-dsse-v3'), ...common },
  ]
}

/** By sigstore-js, whose envelope becomes one of version 0.3: there the certificate stands alone. */
async function attest(ours: Ours, own: Pick<WarmCase, 'artifact'>, work: string): Promise<string> {
  const bundle = join(work, 'attestation.sigstore.json')
  const sha256 = createHash('sha256').update(readFileSync(own.artifact)).digest('hex')
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'demo', digest: { sha256 } }],
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: { buildDefinition: { externalParameters: { text: 'x'.repeat(1000) } } },
  }
  const { code, stderr } = await signWithJs({
    signingConfig: join(work, 'trust', 'signing_config.json'),
    token: trialToken(ours),
    data: Buffer.from(JSON.stringify(statement)),
    envelopeOf: 'application/vnd.in-toto+json',
    bundle,
  })
  if (code !== 0) throw new Error(stderr)
  const json = JSON.parse(readFileSync(bundle, 'utf8')) as BundleJson
  const { x509CertificateChain: chain, ...material } = json.verificationMaterial
  const certificate = chain === undefined ? {} : { certificate: chain.certificates[0] }
  const mediaType = 'application/vnd.dev.sigstore.bundle.v0.3+json'
  writeFileSync(
    bundle,
    JSON.stringify({ ...json, mediaType, verificationMaterial: { ...material, ...certificate } }),
  )
  return bundle
}

interface BundleJson {
  readonly verificationMaterial: {
    readonly x509CertificateChain?: { readonly certificates: readonly unknown[] }
  }
}
