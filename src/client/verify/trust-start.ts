import { describeError, sha256Hex, utf8Decode, WheelsealError } from '../../base/index.ts'
import { trustRootFromJson, type TrustRoot } from '../../verify/index.ts'
import { clientVerifyErrors } from './errors.ts'
import type { VerifyIo } from './io.ts'
import type { VerifyPlan } from './plan.ts'

const MAX_TRUST_ROOT_BYTES = 4 << 20

/** What verification starts from. */
export interface TrustStart {
  readonly trustRoot: TrustRoot
  /** Logs of version 1 that can be asked, the newest first. */
  readonly logUrls: readonly string[]
}

/** Throws `client.verify-trusted-root`, `net.…`, `host.file`. */
export async function loadTrust(
  { trust, network }: Pick<VerifyPlan, 'trust' | 'network'>,
  io: VerifyIo,
): Promise<TrustStart> {
  if (trust.kind === 'file')
    return named(trust.path, async () => trustStart(await io.files.read(trust.path, MAX_TRUST_ROOT_BYTES)))
  // Loaded here: with a trust root in a file nothing of the network is.
  const { readRepository } = await import('./tuf-root.ts')
  return trustStart(await readRepository(trust, network, io))
}

/** Of a `trusted_root.json`. Throws what is wrong with it. */
function trustStart(json: Uint8Array): TrustStart {
  const trustRoot = trustRootFromJson(decoded(json))
  // The id of a log of version 1 is that of its key alone.
  const first = trustRoot.logs.filter(({ idHex, spki }) => idHex === sha256Hex(spki))
  return { trustRoot, logUrls: first.flatMap(({ url }) => url ?? []).toReversed() }
}

function decoded(json: Uint8Array): string {
  try {
    return utf8Decode(json)
  } catch (cause) {
    throw clientVerifyErrors('client.verify-trusted-root', describeError(cause), { cause })
  }
}

/** Says which file it is that cannot be read. */
async function named<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (cause) {
    if (cause instanceof WheelsealError && cause.code === 'host.file') throw cause
    throw clientVerifyErrors('client.verify-trusted-root', `${path}: ${describeError(cause)}`, { cause })
  }
}
