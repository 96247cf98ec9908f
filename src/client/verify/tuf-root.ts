import { reworded, sha256Hex, WheelsealError } from '../../base/index.ts'
import { cachedTrustedRoot, fetchTrustedRoot, loadPublicSigstore, type TufSource } from '../../net/index.ts'
import type { VerifyIo } from './io.ts'
import type { FirstRoot, TrustChoice, VerifyPlan } from './plan.ts'

type Repository = Exclude<TrustChoice, { readonly kind: 'file' }>

const MAX_ROOT_BYTES = 512_000

/** `trusted_root.json` of a TUF repository, or what is kept of it where nobody may be asked. Throws `net.…`, `host.file`. */
export async function readRepository(
  repository: Repository,
  network: VerifyPlan['network'],
  io: VerifyIo,
): Promise<Uint8Array> {
  const source = await sourceOf(repository, io)
  if (network === 'none') return kept(source, io)
  try {
    return await fetchTrustedRoot(source, io)
  } catch (error) {
    throw explained(error, repository)
  }
}

async function kept(source: TufSource, io: VerifyIo): Promise<Uint8Array> {
  const { bytes, expiredAt } = await cachedTrustedRoot(source, io)
  if (expiredAt !== undefined)
    io.note?.(
      `the cached trust root of ${source.url} expired at ${expiredAt}; keys may have been withdrawn since: run once without --offline to refresh it`,
    )
  return bytes
}

async function sourceOf(repository: Repository, io: VerifyIo): Promise<TufSource> {
  if (repository.kind === 'public') return loadPublicSigstore()
  return { url: repository.url, ...(await firstRootOf(repository.root, io)) }
}

async function firstRootOf(root: FirstRoot, { files }: VerifyIo): Promise<Omit<TufSource, 'url'>> {
  if (root.kind === 'digest') return { firstRootSha256: root.sha256 }
  const firstRoot = await files.read(root.path, MAX_ROOT_BYTES)
  return { firstRoot, firstRootSha256: sha256Hex(firstRoot) }
}

/** Who did not think of public Sigstore at all is told that it is the default. */
function explained(error: unknown, { kind }: Repository): unknown {
  if (kind !== 'public' || !(error instanceof WheelsealError)) return error
  return reworded(error, {
    fact: `the trust root of public Sigstore: ${error.message}`,
    hint: 'for another Sigstore add --trusted-root FILE, or --tuf-url URL --tuf-root FILE; for public Sigstore without a network add --offline',
  })
}
