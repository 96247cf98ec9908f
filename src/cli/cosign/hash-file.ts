import { createHash } from 'node:crypto'
import { describeError, WheelsealError } from '../../base/index.ts'
import { cosignErrors } from './errors.ts'
import type { CosignIo } from './io.ts'

/** The digests by the names of the hashes. */
export type Digests<Name extends string> = Readonly<Record<Name, Uint8Array>>

/**
 * `-` is standard input, as for cosign: not by the name of a device, since where a program pipes, it may be a socket,
 * which cannot be opened. The file streams by and is never in memory. Throws `cosign.file`, `cosign.reference`.
 */
export async function hashFile<Name extends string>(
  path: string,
  names: readonly Name[],
  io: CosignIo,
): Promise<Digests<Name>> {
  checkReference(path)
  const hashes = names.map((name) => [name, createHash(name)] as const)
  try {
    const parts = path === '-' ? io.standardInput() : io.files.stream(path)
    for await (const part of parts) for (const [, hash] of hashes) hash.update(part)
  } catch (cause) {
    if (cause instanceof WheelsealError) throw cause
    throw cosignErrors('cosign.file', `${path}: ${describeError(cause)}`, { cause })
  }
  const digests = hashes.map(([name, hash]) => [name, new Uint8Array(hash.digest())] as const)
  return Object.fromEntries(digests) as Digests<Name>
}

/** cosign fetches `https://…` and reads `env://…`; here nothing that is verified comes from the network. */
export function checkReference(path: string): void {
  const [, scheme] = /^(.{0,40}?:\/\/)/.exec(path) ?? []
  if (scheme !== undefined)
    throw cosignErrors('cosign.reference', `${JSON.stringify(scheme)} where a file must be named`)
}
