import { readOnce, STANDARD_INPUT, type Seen } from '../../client/verify/index.ts'
import { describeError, WheelsealError } from '../../base/index.ts'
import type { DigestAlgorithm } from '../../formats/sigstore/index.ts'
import { cosignErrors } from './errors.ts'
import type { CosignIo } from './io.ts'

/**
 * `-` is standard input, as for cosign: not by the name of a device, since where a program pipes, it may be a socket,
 * which cannot be opened. The file streams by once and is never in memory. Throws `cosign.file`, `cosign.reference`.
 */
export async function hashFile(
  path: string,
  algorithms: ReadonlySet<DigestAlgorithm>,
  io: CosignIo,
): Promise<Omit<Seen, 'bytes'>> {
  checkReference(path)
  const parts = path === STANDARD_INPUT ? io.standardInput() : io.files.stream(path)
  try {
    return await readOnce(parts, { algorithms, maxKeptBytes: -1 })
  } catch (cause) {
    if (cause instanceof WheelsealError) throw cause
    throw cosignErrors('cosign.file', `${path}: ${describeError(cause)}`, { cause })
  }
}

/** cosign fetches `https://…` and reads `env://…`; here nothing that is verified comes from the network. */
export function checkReference(path: string): void {
  const [, scheme] = /^(.{0,40}?:\/\/)/.exec(path) ?? []
  if (scheme !== undefined) throw cosignErrors('cosign.reference', `${JSON.stringify(scheme)} is not a file`)
}
