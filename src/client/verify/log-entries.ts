import { WheelsealError } from '../../base/index.ts'
import { createRekorClient } from '../../net/index.ts'
import type { HashedRekord, SealParts } from '../../formats/sigstore/index.ts'
import { certificatePem, publicKeyPem } from '../../formats/x509/index.ts'
import { appVerifyErrors } from './errors.ts'
import type { VerifyIo } from './io.ts'

export interface AskedSeal {
  readonly seal: SealParts
  /** The log that had the entry, or the last that was asked; undefined where there is none to ask. */
  readonly askedLog?: string
  /** Why there is no entry, where it is more than that no log has it. What else is wrong is checked all the same. */
  readonly refusal?: WheelsealError
}

/** Asks the logs of the trust root, one after the other, for the entry of a seal that has none. */
export async function askLogs(seal: SealParts, asking: Asking): Promise<AskedSeal> {
  const { logUrls, io } = asking
  const proposal = proposalFor(seal, asking)
  const answers: AskedSeal[] = []
  for (const url of logUrls) {
    const answer = await askLog(url, seal, { proposal, io })
    if (answer.seal.entries.length > 0) return answer
    answers.push(answer)
  }
  const nobody = appVerifyErrors('client.verify-no-log', 'the trust root has no Rekor v1 log with a URL')
  return answers.find(({ refusal }) => refusal !== undefined) ?? answers.at(-1) ?? { seal, refusal: nobody }
}

interface Asking {
  readonly sha256: Uint8Array
  /** DER, where a managed key signed. */
  readonly key?: Uint8Array
  readonly logUrls: readonly string[]
  readonly io: VerifyIo
}

/** The entry that was proposed at signing (sigstore-wire 2). */
function proposalFor({ signature, certificate }: SealParts, { sha256, key }: Asking): HashedRekord {
  const signer =
    certificate === undefined ? publicKeyPem(key ?? new Uint8Array()) : certificatePem(certificate)
  return { algorithm: 'sha256', digest: sha256, signature, publicKeyPem: signer }
}

interface Question {
  readonly proposal: HashedRekord
  readonly io: VerifyIo
}

async function askLog(url: string, seal: SealParts, { proposal, io }: Question): Promise<AskedSeal> {
  try {
    const entries = await createRekorClient({ url, ...io }).find(proposal)
    return { seal: { ...seal, entries }, askedLog: url }
  } catch (error) {
    if (error instanceof WheelsealError) return { seal, askedLog: url, refusal: error }
    throw error
  }
}
