/**
 * What `verify-blob` is given as a seal, read as cosign reads it and in no form that cosign would refuse: everything
 * in it may be an enemy's.
 */
import { bytesEqual, decodeBase64, describeError, utf8, utf8Decode } from '../../base/index.ts'
import {
  parseSeals,
  readCertificateFile,
  readSignatureFile,
  type SealParts,
} from '../../formats/sigstore/index.ts'
import { cosignErrors } from './errors.ts'
import { textOf, type Arguments } from './flag-values.ts'
import { checkReference } from './hash-file.ts'
import type { CosignIo } from './io.ts'
import { textMembers } from './text-members.ts'

const MAX_PART_BYTES = 256 << 10
const MAX_BUNDLE_BYTES = 34 << 20
const PEM_START = '-----BEGIN '
const NEW_FORMATS: ReadonlySet<unknown> = new Set(['bundle 0.1', 'bundle 0.2', 'bundle 0.3'])
/** A bundle in the form of cosign 3 holds all of it. */
const OLD_PARTS = [
  'signature',
  'certificate',
  'certificate-chain',
  'rfc3161-timestamp',
  'timestamp-certificate-chain',
]

export type SealInput = SealParts & { readonly certificate: Uint8Array }

/** Throws `cosign.usage`, `cosign.signature`, `cosign.certificate`, `cosign.bundle`, `cosign.timestamp`, `host.file`. */
export async function readSeal(given: Arguments, io: CosignIo): Promise<SealInput> {
  const path = textOf(given, 'bundle')
  const bundle = path === undefined ? undefined : await readBundle(path, io)
  if (bundle !== undefined && NEW_FORMATS.has(bundle.format)) return checkNewBundle(bundle, given)
  if (textOf(given, 'trusted-root') !== undefined)
    throw cosignErrors('cosign.usage', '--trusted-root is for Sigstore bundles (cosign 3) only', {
      hint: "leave --trusted-root out, or use 'wheelseal verify --trusted-root FILE'",
    })
  const seal = bundle === undefined ? await readPair(given, io) : await readOldBundle(bundle, given, io)
  return withTimestamp(seal, given, io)
}

async function readPair(given: Arguments, io: CosignIo): Promise<SealInput> {
  const path = textOf(given, 'certificate')
  if (path === undefined) throw cosignErrors('cosign.usage', '--certificate or --bundle is needed')
  const signature = textOf(given, 'signature')
  if (signature === undefined) throw cosignErrors('cosign.usage', "missing flag '--signature'")
  const bytes = await signatureBytes(signature, io)
  return { signature: readSignature(bytes), certificate: await readCertificate(path, io), entries: [] }
}

async function readBundle(path: string, { files }: CosignIo): Promise<SealParts> {
  checkReference(path)
  const bytes = await files.read(path, MAX_BUNDLE_BYTES)
  const seal = reading('cosign.bundle', `--bundle ${path}`, () => {
    const [first, ...others] = parseSeals(utf8Decode(bytes))
    if (first === undefined || others.length > 0) throw new Error('it must have exactly one signature')
    return first
  })
  if (seal.envelope === undefined) return seal
  throw cosignErrors('cosign.bundle', 'the bundle is an attestation for the file, not a signature of it', {
    hint: "use 'wheelseal verify --bundle FILE'",
  })
}

/** As cosign 3 does, once a flag of cosign 3 is given: what 2.2.3 refuses is not accepted unasked. */
function checkNewBundle(seal: SealParts, given: Arguments): SealInput {
  const isAsked = given.switches.get('new-bundle-format') ?? textOf(given, 'trusted-root') !== undefined
  if (!isAsked)
    throw cosignErrors(
      'cosign.bundle',
      'this is a Sigstore bundle (cosign 3), which cosign 2.2.3 does not support',
      {
        hint: 'add --new-bundle-format, or --trusted-root FILE',
      },
    )
  const surplus = OLD_PARTS.find((name) => textOf(given, name) !== undefined)
  if (surplus !== undefined)
    throw cosignErrors(
      'cosign.usage',
      `--${surplus} cannot be used with a Sigstore bundle (cosign 3), which already contains it`,
    )
  return withCertificate(seal)
}

/** A certificate that is given too must be the same; a signature that is given too counts. */
async function readOldBundle(seal: SealParts, given: Arguments, io: CosignIo): Promise<SealInput> {
  if (seal.format !== 'cosign bundle')
    throw cosignErrors('cosign.bundle', `a ${seal.format}, not a cosign bundle`)
  const whole = withCertificate(seal)
  const [path, text] = [textOf(given, 'certificate'), textOf(given, 'signature')]
  if (path !== undefined && !bytesEqual(await readCertificate(path, io), whole.certificate))
    throw cosignErrors('cosign.certificate', `${path} is a different certificate than the one in the bundle`)
  if (text === undefined) return whole
  const bytes = await signatureBytes(text, io)
  // cosign compares the texts: with a line break in the file it refuses.
  if (/^[A-Za-z0-9+/=\r\n]*[\r\n]/.test(Buffer.from(bytes).toString('latin1')))
    throw cosignErrors(
      'cosign.signature',
      '--signature has a line break, the signature in the bundle has none',
    )
  return { ...whole, signature: readSignature(bytes) }
}

/** cosign 2.2.3 believes a bare key from the bundle, whoever put it there. */
function withCertificate(seal: SealParts): SealInput {
  const { certificate } = seal
  if (certificate !== undefined) return { ...seal, certificate }
  throw cosignErrors('cosign.bundle', 'the bundle has no certificate, so it has no identity to verify')
}

/** A file, or the base64 itself, as cosign has it. */
async function signatureBytes(text: string, { files }: CosignIo): Promise<Uint8Array> {
  checkReference(text)
  return (await files.readIfThere(text, MAX_PART_BYTES)) ?? utf8(text)
}

function readSignature(bytes: Uint8Array): Uint8Array {
  return reading('cosign.signature', '--signature', () => readSignatureFile(bytes))
}

/** PEM or base64 of it. DER, bare or in base64, could be read too, but cosign 2.2.3 refuses it. */
async function readCertificate(path: string, { files }: CosignIo): Promise<Uint8Array> {
  checkReference(path)
  try {
    const bytes = await files.read(path, MAX_PART_BYTES)
    if (!isPem(bytes)) throw new Error('neither PEM nor PEM in base64')
    return readCertificateFile(bytes)
  } catch (cause) {
    throw cosignErrors('cosign.certificate', `--certificate: ${describeError(cause)}`, { cause })
  }
}

function isPem(bytes: Uint8Array): boolean {
  const text = utf8Decode(bytes).trimStart()
  if (text.startsWith(PEM_START)) return true
  return utf8Decode(decodeBase64(text.replaceAll(/[\r\n]/g, '')))
    .trimStart()
    .startsWith(PEM_START)
}

/** The JSON that cosign writes: `{"SignedRFC3161Timestamp":"<base64 of a TimeStampResp>"}`. */
async function withTimestamp(seal: SealInput, given: Arguments, { files }: CosignIo): Promise<SealInput> {
  const path = textOf(given, 'rfc3161-timestamp')
  if (path === undefined) return seal
  if (textOf(given, 'timestamp-certificate-chain') === undefined)
    throw cosignErrors('cosign.usage', '--rfc3161-timestamp needs --timestamp-certificate-chain FILE')
  checkReference(path)
  const bytes = await files.read(path, MAX_PART_BYTES)
  const timestamp = reading('cosign.timestamp', `--rfc3161-timestamp ${path}`, () => {
    const text = textMembers(bytes, MAX_PART_BYTES).get('SignedRFC3161Timestamp')
    if (text === undefined) throw new Error('the member SignedRFC3161Timestamp is missing')
    return decodeBase64(text)
  })
  return { ...seal, timestamps: [timestamp] }
}

type Part = 'cosign.signature' | 'cosign.bundle' | 'cosign.timestamp'

function reading<T>(code: Part, what: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw cosignErrors(code, `${what}: ${describeError(cause)}`, { cause })
  }
}
