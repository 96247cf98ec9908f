import { decodeBase64, utf8Decode, type Clock, type Http, type Secret } from '../../base/index.ts'
import { parseCertificatesPem, subjectAlternativeNames } from '../../formats/x509/index.ts'
import { trustRootFromJson } from '../../verify/index.ts'
import { sealDigests } from '../library/sign.ts'
import type { Instance } from './aim.ts'
import type { Signature } from './trial.ts'

const EMPTY_SHA256 = Buffer.from('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'hex')

/**
 * By Wheelseal itself, and verified: what the stock clients cannot do afterwards lies with how they are set. Throws
 * `sign.…` and `net.…`.
 */
export async function signNothing(
  { url, trust }: Instance,
  token: Secret,
  { http, clock }: { readonly http: Http; readonly clock: Clock },
): Promise<Signature> {
  const [seal] = await sealDigests([{ name: 'an empty file', sha256: EMPTY_SHA256 }], {
    token: token.reveal(),
    http,
    clock,
    services: {
      fulcioUrl: url,
      rekorUrl: url,
    },
    trustRoot: trustRootFromJson(trust.trustedRoot),
  })
  const certificate = decodeBase64((seal?.certificate ?? '').trim())
  const [leaf] = parseCertificatesPem(utf8Decode(certificate))
  const [name] = leaf === undefined ? [] : subjectAlternativeNames(leaf)
  return {
    identity: name?.value ?? '',
    issuer: url,
    token: token.reveal(),
    signature: decodeBase64((seal?.signature ?? '').trim()),
    certificate,
  }
}
