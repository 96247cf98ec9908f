import { WheelsealError } from '../../base/index.ts'
import { createRekorClient } from '../../net/index.ts'
import { proposalFor } from '../../sign/index.ts'
import type { Seal } from '../../verify/index.ts'
import { appVerifyErrors } from './errors.ts'
import type { VerifyIo } from './io.ts'

export interface AskedSeal {
  readonly seal: Seal
  /** The log that had the entry, or the last that was asked. */
  readonly askedLog: string
  /** A log refuses a signature that is not over the digest; then our own checks say better what is wrong. */
  readonly refusal?: WheelsealError
}

/** Asks the logs of the trust root, one after the other, for the entry of a seal that has none. Throws `net.…`. */
export async function askLogs(
  seal: Seal,
  asking: { readonly sha256: Uint8Array; readonly logUrls: readonly string[]; readonly io: VerifyIo },
): Promise<AskedSeal> {
  const { sha256, logUrls, io } = asking
  const proposal = proposalFor({ sha256, signature: seal.signature, certificate: seal.certificate })
  let last: AskedSeal | undefined
  for (const url of logUrls) {
    last = await askLog(url, seal, { proposal, io })
    if (last.seal.entries.length > 0) return last
  }
  if (last === undefined)
    throw appVerifyErrors('app.verify-no-log', 'the trust root names no log of version 1')
  return last
}

interface Question {
  readonly proposal: ReturnType<typeof proposalFor>
  readonly io: VerifyIo
}

async function askLog(url: string, seal: Seal, { proposal, io }: Question): Promise<AskedSeal> {
  try {
    const entries = await createRekorClient({ url, ...io }).find(proposal)
    return { seal: { ...seal, entries }, askedLog: url }
  } catch (error) {
    if (error instanceof WheelsealError && error.code === 'net.refused')
      return { seal, askedLog: url, refusal: error }
    throw error
  }
}
