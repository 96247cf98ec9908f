import { printableJson, sha256Hex, utf8Decode } from '../../base/index.ts'
import { fetchTrustedRoot, loadPublicSigstore } from '../../net/index.ts'
import { trustRootFromJson } from '../../verify/index.ts'
import { cosignErrors } from './errors.ts'
import { textOf, type Arguments } from './flag-values.ts'
import { checkReference } from './hash-file.ts'
import type { CosignIo } from './io.ts'
import { keepRepository, readRepository, rootPath, stateFolder } from './repository.ts'
import { tell } from './tell.ts'

const MAX_ROOT_BYTES = 512_000

/** Follows the repository from the root that is given, and keeps both for later calls. True, or throws. */
export async function initialize(given: Arguments, io: CosignIo): Promise<boolean> {
  if (given.operands.length > 0)
    throw cosignErrors('cosign.usage', `accepts 0 arg(s), received ${given.operands.length}`)
  const known = await loadPublicSigstore()
  const mirror = mirrorOf(textOf(given, 'mirror') ?? known.url)
  const firstRoot = await firstRootOf(mirror, textOf(given, 'root'), io)
  const repository = { mirror, rootSha256: sha256Hex(firstRoot) }
  const seed = mirror === known.url && known.seed !== undefined ? { seed: known.seed } : {}
  const source = {
    url: mirror,
    firstRoot,
    firstRootSha256: repository.rootSha256,
    isForced: true,
    ...seed,
  } as const
  const trustedRoot = await fetchTrustedRoot(source, { ...io, cacheFolder: stateFolder(io) })
  trustRootFromJson(utf8Decode(trustedRoot))
  await keepRepository(repository, firstRoot, io)
  const status = { local: stateFolder(io), remote: mirror, targets: ['trusted_root.json'] }
  io.stdout(`Root status: \n ${printableJson(JSON.stringify(status, undefined, '\t'))}\n`)
  tell(io, `Trust root: the TUF repository ${mirror}, from sha256:${repository.rootSha256}`)
  return true
}

function mirrorOf(text: string): string {
  const protocol = URL.canParse(text) ? new URL(text).protocol : ''
  if (protocol !== 'http:' && protocol !== 'https:')
    throw cosignErrors(
      'cosign.usage',
      `--mirror ${JSON.stringify(text.slice(0, 200))} is not an http or https URL`,
    )
  return text.replace(/\/+$/, '')
}

/** As cosign: without `--root` the root that is kept for this mirror, else that of public Sigstore, which may be mirrored. */
async function firstRootOf(mirror: string, path: string | undefined, io: CosignIo): Promise<Uint8Array> {
  if (path !== undefined) {
    checkReference(path)
    return io.files.read(path, MAX_ROOT_BYTES)
  }
  const kept = await readRepository(io)
  if (kept?.mirror === mirror) return io.files.read(rootPath(kept, io), MAX_ROOT_BYTES)
  const { firstRoot } = await loadPublicSigstore()
  if (firstRoot === undefined)
    throw cosignErrors('cosign.usage', '--root FILE is needed for this mirror: the root to start from')
  return firstRoot
}
