import { describeError, WheelsealError } from '../../base/index.ts'
import { appVerifyErrors } from './errors.ts'
import type { VerifyIo } from './io.ts'
import type { VerifyPlan } from './plan.ts'
import type { TrustRootReader, TrustStart } from './readers.ts'

const MAX_TRUST_ROOT_BYTES = 4 << 20

/** Throws `client.verify-trusted-root`, `net.…`, `host.file`. */
export async function loadTrust(
  { trust, network }: Pick<VerifyPlan, 'trust' | 'network'>,
  io: VerifyIo,
  reader: TrustRootReader,
): Promise<TrustStart> {
  if (trust.kind === 'file')
    return named(trust.path, async () => reader.read(await io.files.read(trust.path, MAX_TRUST_ROOT_BYTES)))
  // Loaded here: with a trust root in a file nothing of the network is.
  const { readRepository } = await import('./tuf-root.ts')
  return reader.read(await readRepository(trust, network, io))
}

/** Says which file it is that cannot be read. */
async function named<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (cause) {
    if (cause instanceof WheelsealError && cause.code === 'host.file') throw cause
    throw appVerifyErrors('client.verify-trusted-root', `${path}: ${describeError(cause)}`, { cause })
  }
}
