import { describeError, utf8Decode } from '../../base/index.ts'
import { certificatePem, parseCertificatesPem, parsePublicKeyPem, publicKeyPem } from '../x509/index.ts'
import { sigstoreErrors } from './errors.ts'

/**
 * Rekor re-encodes what it is given, so that one key has one spelling and one entry one hash: LF, 64 columns. `where`
 * names the member for the message. Throws `sigstore.proposed-entry`.
 */
export function canonicalKeyPem(bytes: Uint8Array, where: string): string {
  try {
    // Rekor trims white space around the blocks.
    const text = utf8Decode(bytes).trim()
    if (text.startsWith('-----BEGIN PUBLIC KEY-----')) return publicKeyPem(parsePublicKeyPem(text))
    const [certificate, ...others] = parseCertificatesPem(text)
    if (certificate === undefined || others.length > 0) throw new Error('more than one certificate')
    return certificatePem(certificate.der)
  } catch (cause) {
    throw sigstoreErrors('sigstore.proposed-entry', `${where}: ${describeError(cause)}`, { cause })
  }
}
