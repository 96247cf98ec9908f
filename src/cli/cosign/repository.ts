/**
 * The TUF repository that `initialize` chose, for later calls: below `TUF_ROOT` in a folder of our own, else among the
 * user's data of Wheelseal. Never in `~/.sigstore/root`: cosign 3 empties that folder at each `initialize`, and what a
 * stock cosign keeps there is not ours to write to.
 */
import { join } from 'node:path'
import type { TrustChoice } from '../../client/verify/index.ts'
import { describeError, utf8 } from '../../base/index.ts'
import { cosignErrors } from './errors.ts'
import type { CosignIo } from './io.ts'
import { textMembers } from './text-members.ts'

const STATE = 'repository.json'
const MAX_STATE_BYTES = 16 << 10

export interface Repository {
  readonly mirror: string
  /** The first root: lower-case hex of SHA-256 over its file, which stands beside the state under that name. */
  readonly rootSha256: string
}

type Chosen = Exclude<TrustChoice, { readonly kind: 'file' }>

export function stateFolder({ env, dataFolder }: CosignIo): string {
  const folder = env['TUF_ROOT'] || undefined
  return folder === undefined ? join(dataFolder, 'cosign') : join(folder, 'wheelseal')
}

export function rootPath({ rootSha256 }: Repository, io: CosignIo): string {
  return join(stateFolder(io), `${rootSha256}.root.json`)
}

/** `TUF_MIRROR` and `TUF_ROOT_JSON` of cosign 3 before what `initialize` chose. Throws `cosign.trust-root`. */
export async function chosenRepository(io: CosignIo): Promise<{ trust: Chosen; from: string }> {
  const { env } = io
  const known = await readRepository(io)
  const url = env['TUF_MIRROR'] || known?.mirror
  if (url === undefined) return { trust: { kind: 'public' }, from: 'public Sigstore' }
  const path = env['TUF_ROOT_JSON'] || (known && rootPath(known, io))
  if (path === undefined)
    throw cosignErrors('cosign.trust-root', 'TUF_MIRROR is set, but there is no root to start from', {
      hint: "run 'cosign initialize --mirror URL --root FILE', or set TUF_ROOT_JSON",
    })
  return {
    trust: { kind: 'tuf', url, root: { kind: 'file', path } },
    from: `the TUF repository ${url}, from ${path}`,
  }
}

/** Undefined before the first `initialize`. Throws `cosign.trust-root`. */
export async function readRepository(io: CosignIo): Promise<Repository | undefined> {
  const path = join(stateFolder(io), STATE)
  if (!(await io.files.exists(path))) return undefined
  try {
    return repositoryOf(await io.files.read(path, MAX_STATE_BYTES))
  } catch (cause) {
    throw cosignErrors('cosign.trust-root', `${path}: ${describeError(cause)}`, { cause })
  }
}

function repositoryOf(bytes: Uint8Array): Repository {
  const texts = textMembers(bytes, MAX_STATE_BYTES)
  const [mirror, rootSha256] = [texts.get('mirror'), texts.get('rootSha256')]
  if (mirror === undefined || rootSha256 === undefined || !/^[0-9a-f]{64}$/.test(rootSha256))
    throw new Error('the file was not written by cosign initialize')
  return { mirror, rootSha256 }
}

/** The root first, so that the state never names what is not there. The folder must exist. */
export async function keepRepository(
  repository: Repository,
  firstRoot: Uint8Array,
  io: CosignIo,
): Promise<void> {
  await io.files.writeAtomic(rootPath(repository, io), firstRoot)
  await io.files.writeAtomic(join(stateFolder(io), STATE), utf8(`${JSON.stringify({ ...repository })}\n`))
}
