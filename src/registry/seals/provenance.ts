import { parseJson, utf8, utf8Decode, type Blobs, type JsonValue } from '../../base/index.ts'
import type { BlobReference } from '../store.ts'
import { judgeCandidate, readSeal, type Subject } from './candidate.ts'
import type { SealSigner } from './judge-seal.ts'
import type { SealContext } from './parts.ts'
import type { StoredSeal } from './store.ts'

/** PEP 740: who published, as Trusted Publishing calls it. Clients know few kinds, and refuse all others. */
type Publisher = { readonly [member: string]: JsonValue }

interface Bundle {
  readonly publisher: Publisher
  readonly attestations: JsonValue[]
}

/** Attestations of one distribution; more stand in its list of side files. */
const MAX_ATTESTATIONS = 16

/**
 * The provenance object (PEP 740) over attestations that verify, as a blob that is durable when this resolves; null
 * where none of them is by a publisher that clients know.
 */
export async function keepProvenance(
  context: SealContext,
  subject: Subject,
  seals: readonly StoredSeal[],
): Promise<BlobReference | null> {
  const bundles = new Map<string, Bundle>()
  for (const seal of seals.slice(0, MAX_ATTESTATIONS)) {
    const { outcome, report } = await judgeCandidate(context, subject, [seal])
    const publisher = report.signer === undefined ? undefined : publisherOf(report.signer)
    if (outcome !== 'verified' || publisher === undefined) continue
    const key = JSON.stringify(publisher)
    const bundle = bundles.get(key) ?? { publisher, attestations: [] }
    bundles.set(key, bundle)
    for (const one of attestationsIn(await readSeal(context, seal))) bundle.attestations.push(one)
  }
  if (bundles.size === 0) return null
  const provenance = { version: 1, attestation_bundles: [...bundles.values()] }
  return keepBlob(context.blobs, utf8(JSON.stringify(provenance)))
}

/** Of a file that was verified: one attestation object, or the bundles of a provenance object. */
function attestationsIn(bytes: Uint8Array): readonly JsonValue[] {
  const json = parseJson(utf8Decode(bytes), { maxLength: bytes.length }) as {
    readonly attestation_bundles?: readonly { readonly attestations: readonly JsonValue[] }[]
  }
  const bundles = json.attestation_bundles
  return bundles === undefined ? [json] : bundles.flatMap(({ attestations }) => attestations)
}

/** From the certificate, which was verified: https://HOST/PROJECT//CONFIG-FILE@REF. */
function publisherOf({ identity, issuer, claims }: SealSigner): Publisher | undefined {
  const { sourceRepositoryUri: source = '', deploymentEnvironment: environment } = claims
  const start = `https://${new URL(issuer).host}/`
  const repository = source.startsWith(`${issuer}/`) ? source.slice(issuer.length + 1) : ''
  const rest = identity.startsWith(`${start}${repository}//`)
    ? identity.slice(`${start}${repository}//`.length)
    : ''
  const [workflow = ''] = rest.split('@refs/', 1)
  if (repository === '' || workflow === '') return undefined
  return { kind: 'GitLab', repository, workflow_filepath: workflow, environment: environment ?? null }
}

async function keepBlob(blobs: Blobs, bytes: Uint8Array): Promise<BlobReference> {
  const staged = await blobs.stage(
    (async function* once() {
      yield bytes
    })(),
    bytes.length,
  )
  try {
    await staged.commit()
    return { sha256: staged.sha256, size: staged.size }
  } finally {
    await staged.discard()
  }
}
