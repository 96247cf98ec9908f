import { decodeBase64 } from '../../base/index.ts'
import type { Certificate } from './certificate.ts'
import { parseCertificate } from './parse-certificate.ts'
import { parsing, x509Errors } from './errors.ts'
import { formatPem } from './format-pem.ts'
import { parsePublicKey } from './public-key.ts'

const MAX_PEM_LENGTH = 256 * 1024
const MAX_CERTIFICATES = 64
const BLOCK =
  /^-----BEGIN ([A-Z0-9 ]{1,40})-----\r?\n((?:[A-Za-z0-9+/=]{1,76}\r?\n)+)-----END \1-----(?:\r?\n|$)/

/**
 * One or more CERTIFICATE blocks and nothing else but line breaks between them (RFC 7468 §3). Throws `x509.malformed`,
 * also for more than 64 blocks or 256 KiB.
 */
export function parseCertificatesPem(text: string): Certificate[] {
  return parsePem(text, 'CERTIFICATE').map((der) => parseCertificate(der))
}

/** Exactly one PUBLIC KEY block. Gives the DER SubjectPublicKeyInfo of a key that `parsePublicKey` knows. */
export function parsePublicKeyPem(text: string): Uint8Array {
  const [spki, ...others] = parsePem(text, 'PUBLIC KEY')
  if (spki === undefined || others.length > 0) throw x509Errors('x509.malformed', 'more than one public key')
  parsePublicKey(spki)
  return spki
}

export function certificatePem(der: Uint8Array): string {
  return formatPem('CERTIFICATE', der)
}

export function publicKeyPem(spki: Uint8Array): string {
  return formatPem('PUBLIC KEY', spki)
}

/** The DER of one or more blocks of one label. */
export function parsePem(text: string, label: string): Uint8Array[] {
  if (text.length > MAX_PEM_LENGTH)
    throw x509Errors('x509.malformed', `a PEM file of ${text.length} characters`)
  const blocks: Uint8Array[] = []
  for (let rest = withoutLineBreaks(text); rest !== '';) {
    const [whole, found, body] = BLOCK.exec(rest) ?? []
    if (whole === undefined || body === undefined)
      throw x509Errors('x509.malformed', `not a PEM file with ${label} blocks`)
    if (found !== label)
      throw x509Errors('x509.malformed', `a PEM block of type ${found}, ${label} is expected`)
    if (blocks.length === MAX_CERTIFICATES)
      throw x509Errors('x509.malformed', `more than ${MAX_CERTIFICATES} PEM blocks`)
    blocks.push(parsing('PEM', () => decodeBase64(body.replaceAll(/[\r\n]/g, ''))))
    rest = withoutLineBreaks(rest.slice(whole.length))
  }
  if (blocks.length === 0) throw x509Errors('x509.malformed', `no ${label} block`)
  return blocks
}

function withoutLineBreaks(text: string): string {
  return text.replace(/^[\r\n]+/, '')
}
