import { describeError, encodeBase64, utf8, type Clock, type Http } from '../base/index.ts'
import { parseCertificatesPem, publicKeyPem, type Certificate } from '../formats/x509/index.ts'
import type { CertificateSource } from '../sign/index.ts'
import { netErrors } from './errors.ts'
import { withRetries } from './retry.ts'
import { callService } from './service.ts'

export interface ServiceOptions {
  /** A base path is kept. */
  readonly url: string
  readonly http: Http
  readonly clock: Clock
}

const MAX_CHAIN_BYTES = 256 << 10

/** Fulcio's first API, with the request of cosign 2.2.3 (sigstore-wire 1.2). Throws `net.…`. */
export function createFulcioClient({ url, http, clock }: ServiceOptions): CertificateSource {
  const patient = withRetries(http, clock)
  return {
    issue: async ({ token, publicKey, proof }) => {
      const { text } = await callService(patient, {
        method: 'POST',
        baseUrl: url,
        path: '/api/v1/signingCert',
        headers: { authorization: `Bearer ${token.reveal()}` },
        json: {
          publicKey: { content: encodeBase64(utf8(publicKeyPem(publicKey))) },
          signedEmailAddress: encodeBase64(proof),
          certificateSigningRequest: null,
        },
        accepts: [201],
        maxBytes: MAX_CHAIN_BYTES,
      })
      return readChain(text, url).map(({ der }) => der)
    },
  }
}

/** The issuer must come along: without it no client could check the SCT. */
function readChain(pem: string, url: string): readonly Certificate[] {
  try {
    const chain = parseCertificatesPem(pem)
    if (chain.length < 2) throw new Error('the certificate of the issuer is missing')
    return chain
  } catch (cause) {
    throw netErrors('net.reply', `${url} did not answer with a certificate chain: ${describeError(cause)}`, {
      cause,
    })
  }
}
