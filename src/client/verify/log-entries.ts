import { WheelsealError } from '../../base/index.ts'
import { createRekorClient } from '../../net/index.ts'
import type { HashedRekord, SealParts } from '../../formats/sigstore/index.ts'
import { certificatePem, publicKeyPem } from '../../formats/x509/index.ts'
import type { LogAnswer } from '../../verify/index.ts'
import { clientVerifyErrors } from './errors.ts'
import type { VerifyIo } from './io.ts'

/** Asks the logs of the trust root, one after the other, for the entry of a seal that has none. */
export async function askLogs(seal: SealParts, asking: Asking): Promise<LogAnswer> {
  const { logUrls, io } = asking
  const proposal = proposalFor(seal, asking)
  const answers: LogAnswer[] = []
  for (const url of logUrls) {
    const answer = await askLog(url, proposal, io)
    if (answer.entries.length > 0) return answer
    answers.push(answer)
  }
  const nobody = clientVerifyErrors('client.verify-no-log', 'the trust root has no Rekor v1 log with a URL')
  return (
    answers.find(({ refusal }) => refusal !== undefined) ?? answers.at(-1) ?? { entries: [], refusal: nobody }
  )
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

async function askLog(url: string, proposal: HashedRekord, io: VerifyIo): Promise<LogAnswer> {
  try {
    return { entries: await createRekorClient({ url, ...io }).find(proposal), askedLog: url }
  } catch (error) {
    if (error instanceof WheelsealError) return { entries: [], askedLog: url, refusal: error }
    throw error
  }
}
