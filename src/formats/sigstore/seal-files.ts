import {
  decodeBase64,
  describeError,
  encodeBase64,
  isUtf16,
  utf8,
  utf8Decode,
  type WheelsealError,
} from '../../base/index.ts'
import { certificatePem, parseCertificate, parseCertificatesPem } from '../x509/index.ts'
import { sigstoreErrors } from './errors.ts'

const MAX_SIGNATURE_FILE_BYTES = 16 * 1024
const MAX_CERTIFICATE_FILE_BYTES = 256 * 1024
const DER_SEQUENCE = 0x30
const PEM_START = '-----BEGIN '

/** The content of a `.sig`: base64 of a signature, line breaks anywhere as cosign allows them, or the DER itself. */
export function readSignatureFile(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0 || bytes.length > MAX_SIGNATURE_FILE_BYTES) {
    throw badSignature(`a signature file of ${bytes.length} bytes is too large`)
  }
  return decodeText(bytes) ?? derSequence(bytes, 'neither base64 nor a DER signature')
}

/** The content of a `.crt`: base64 of PEM as cosign writes it, PEM, or DER. Gives the first certificate's DER. */
export function readCertificateFile(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0 || bytes.length > MAX_CERTIFICATE_FILE_BYTES) {
    throw badCertificate(`a certificate file of ${bytes.length} bytes is too large`)
  }
  try {
    return readCertificate(decodeText(bytes) ?? bytes)
  } catch (cause) {
    throw badCertificate(`not a certificate: ${describeError(cause)}`, cause)
  }
}

/** Base64 without a line break at the end, as `cosign sign-blob --output-signature` writes it. */
export function writeSignatureFile(signature: Uint8Array): Uint8Array {
  return utf8(encodeBase64(signature))
}

/** Base64 of the PEM, as `cosign sign-blob --output-certificate` writes it. */
export function writeCertificateFile(der: Uint8Array): Uint8Array {
  return utf8(encodeBase64(utf8(certificatePem(der))))
}

function readCertificate(bytes: Uint8Array): Uint8Array {
  if (bytes[0] === DER_SEQUENCE) return parseCertificate(bytes).der
  const text = utf8Decode(bytes)
  if (!text.trimStart().startsWith(PEM_START)) throw badCertificate('neither PEM, nor PEM in base64, nor DER')
  const [leaf] = parseCertificatesPem(text)
  if (leaf === undefined) throw badCertificate('no certificate in the file')
  return leaf.der
}

/** The bytes behind base64 text; undefined for what is not canonical base64. */
function decodeText(bytes: Uint8Array): Uint8Array | undefined {
  try {
    const decoded = decodeBase64(utf8Decode(bytes).replaceAll(/[\r\n]/g, ''))
    return decoded.length === 0 ? undefined : decoded
  } catch {
    return undefined
  }
}

function derSequence(bytes: Uint8Array, complaint: string): Uint8Array {
  if (isUtf16(bytes))
    throw badSignature("UTF-16 text, as '>' in Windows PowerShell writes it; write it as UTF-8")
  if (bytes[0] !== DER_SEQUENCE) throw badSignature(complaint)
  return bytes
}

function badSignature(what: string): WheelsealError {
  return sigstoreErrors('sigstore.signature-file', what)
}

function badCertificate(what: string, cause?: unknown): WheelsealError {
  return sigstoreErrors('sigstore.certificate-file', what, { cause })
}
