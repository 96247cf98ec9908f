/**
 * `node verify-warm.ts SPEC`: one bundle after the other, as text, verified by us and by `@sigstore/verify` in turn, in
 * one process with nothing else to do; both have the trust root parsed. Prints a `WarmResult` for each as JSON.
 */
import { bundleFromJSON } from '@sigstore/bundle'
import { TrustedRoot } from '@sigstore/protobuf-specs'
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify'
import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { embeddedScts, parseCertificate, parsePublicKey } from '../src/formats/x509/index.ts'
import { parseSeals, type SealParts } from '../src/formats/sigstore/index.ts'
import { artifactOf, exactly, trustRootFromJson, verifyBundle, type TrustRoot } from '../src/verify/index.ts'
import { exactly as exactlyThere } from '../tests/support/sigstore-js.ts'
import { inTurn } from './commands.ts'
import { median } from './report.ts'
import type { WarmCase } from './seals.ts'

export interface WarmResult {
  readonly name: string
  readonly ours: readonly number[]
  readonly theirs: readonly number[]
  /** What the bare signatures of the bundle take, and the import of the key in its certificate. */
  readonly floorMs: number
  /** Of those under a key of P-384, and of P-256. */
  readonly signatures: Readonly<Record<Curve, number>>
}

type Curve = 'P-256' | 'P-384'

export interface WarmSpec {
  readonly cases: readonly WarmCase[]
  readonly runs: number
}

const PER_RUN = 50
const PEM = { type: 'spki', format: 'pem' } as const
const WARM_UP = 400

const { cases, runs } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as WarmSpec
const results: WarmResult[] = []
for (const one of cases) results.push(await measure(one))
console.log(JSON.stringify(results))

async function measure(one: WarmCase): Promise<WarmResult> {
  const text = readFileSync(one.bundle, 'utf8')
  const file = new Uint8Array(readFileSync(one.artifact))
  const rootText = readFileSync(one.trustedRoot, 'utf8')
  const trustRoot = trustRootFromJson(rootText)
  const ours = oursOf(one, { text, file, trustRoot })
  const theirs = theirsOf(one, { text, file, rootText })
  for (const call of [ours, theirs]) timed(call, WARM_UP)
  const times = await inTurn({ ours: () => timed(ours), theirs: () => timed(theirs) }, runs)
  const signatures = signaturesOf(text, trustRoot)
  return { name: one.name, ...times, signatures, floorMs: floorOf(signatures) }
}

/** Milliseconds of a processor, by all threads of Node: what others do on this machine is not in it. */
function timed(call: () => void, count = PER_RUN): number {
  const began = process.cpuUsage()
  for (let done = 0; done < count; done += 1) call()
  const { user, system } = process.cpuUsage(began)
  return (user + system) / 1000 / count
}

function oursOf(
  { identity, issuer, name }: WarmCase,
  {
    text,
    file,
    trustRoot,
  }: { readonly text: string; readonly file: Uint8Array; readonly trustRoot: TrustRoot },
): () => void {
  const policy = { anyOf: [{ san: exactly(identity), issuer: exactly(issuer) }] }
  return () => {
    const verdict = verifyBundle({ bundle: text, artifact: artifactOf(file), trustRoot, policy })
    if (!verdict.verified) throw new Error(`${name}: ${verdict.reason}`)
  }
}

function theirsOf(
  { identity, issuer }: WarmCase,
  { text, file, rootText }: { readonly text: string; readonly file: Uint8Array; readonly rootText: string },
): () => void {
  const verifier = new Verifier(toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(rootText))))
  const who = { subjectAlternativeName: exactlyThere(identity), extensions: { issuer } }
  return () => {
    verifier.verify(toSignedEntity(bundleFromJSON(JSON.parse(text)), Buffer.from(file)), who)
  }
}

/** Certificate, its SCTs, the content, promise and checkpoint of every entry, timestamps; keys of ours are P-256. */
function signaturesOf(text: string, { certificateAuthorities }: TrustRoot): Record<Curve, number> {
  const [seal] = parseSeals(text)
  const leaf = parseCertificate(seal?.certificate ?? new Uint8Array())
  const issuers = certificateAuthorities.flatMap(({ roots, intermediates }) => [...intermediates, ...roots])
  const issuer = issuers.find(({ subjectDer }) => Buffer.compare(subjectDer, leaf.issuerDer) === 0)
  const isLarge = issuer !== undefined && parsePublicKey(issuer.spki).kind === 'P-384'
  const others = embeddedScts(leaf).length + 1 + entrySignatures(seal) + (seal?.timestamps?.length ?? 0)
  return { 'P-384': isLarge ? 1 : 0, 'P-256': others + (isLarge ? 0 : 1) }
}

function entrySignatures(seal: SealParts | undefined): number {
  const signed = seal?.entries.flatMap((entry) => [entry.signedEntryTimestamp, entry.inclusionProof])
  return signed?.filter((one) => one !== undefined).length ?? 0
}

function floorOf(signatures: Readonly<Record<Curve, number>>): number {
  const pem = String(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export(PEM))
  const bare = { 'P-256': bareVerification('P-256'), 'P-384': bareVerification('P-384') }
  const sum = () => {
    for (const [curve, count] of Object.entries(signatures) as [Curve, number][])
      for (let done = 0; done < count; done += 1) bare[curve]()
    createPublicKey(pem)
  }
  timed(sum)
  return median(Array.from({ length: runs }, () => timed(sum)))
}

function bareVerification(namedCurve: Curve): () => boolean {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve })
  const hash = namedCurve === 'P-256' ? 'sha256' : 'sha384'
  const message = Buffer.alloc(1000)
  const signature = sign(hash, message, privateKey)
  return () => verify(hash, message, publicKey, signature)
}
