import { describeError, utf8, WheelsealError } from '../../base/index.ts'
import { readCertificateFile, readSignatureFile, type LogEntry } from '../../formats/sigstore/index.ts'
import { createRekorClient } from '../../net/index.ts'
import { proposalFor, type Sealed } from '../../sign/index.ts'
import {
  checkLines,
  exactly,
  verdictHint,
  verdictSentence,
  verifySeal,
  type Policy,
  type Verdict,
} from '../../verify/index.ts'
import { REKOR_URL } from './defaults.ts'
import { cosignErrors } from './errors.ts'
import type { Arguments } from './flag-values.ts'
import { hashFile } from './hash-file.ts'
import type { CosignIo } from './io.ts'
import { readTrustRoot } from './trust-files.ts'

const MAX_FILE_BYTES = 256 << 10
const DER_SEQUENCE = 0x30

/** Whether the file is verified; what there is to say is said. */
export async function verifyBlob(given: Arguments, io: CosignIo): Promise<boolean> {
  const { path, policy, signatureText, certificatePath } = checkArguments(given)
  const trustRoot = await readTrustRoot(io)
  const sealed: Sealed = {
    sha256: await hashFile(path, io.files),
    signature: await readSignature(signatureText, io),
    certificate: await readCertificate(certificatePath, io),
  }
  const found = await findEntries(sealed, given, io)
  const { sha256, signature, certificate } = sealed
  const seal = { signature, certificate, entries: found.entries }
  const verdict = verifySeal({ artifact: { sha256 }, seal, trustRoot, policy })
  if (!verdict.verified && verdict.reason === 'verify.logged' && found.refusal !== undefined)
    throw found.refusal
  render(verdict, path, io)
  return verdict.verified
}

interface Checked {
  readonly path: string
  readonly policy: Policy
  readonly signatureText: string
  readonly certificatePath: string
}

/** In cosign's order and words. */
function checkArguments({ operands, texts }: Arguments): Checked {
  const [path] = operands
  if (path === undefined || operands.length > 1)
    throw cosignErrors('cosign.usage', `accepts 1 arg(s), received ${operands.length}`)
  const certificatePath = required(texts, 'certificate', '--certificate must name the certificate')
  const san = required(texts, 'certificate-identity', '--certificate-identity is required')
  const issuer = required(texts, 'certificate-oidc-issuer', '--certificate-oidc-issuer is required')
  const signatureText = required(texts, 'signature', "missing flag '--signature'")
  const policy = { anyOf: [{ san: exactly(san), issuer: exactly(issuer) }] }
  return { path, policy, signatureText, certificatePath }
}

/** An empty value is a missing one: an unset variable of a script must not become an expectation. */
function required(texts: Arguments['texts'], name: string, otherwise: string): string {
  const value = texts.get(name)
  if (value === undefined || value === '') throw cosignErrors('cosign.usage', otherwise)
  return value
}

/** A file, or the base64 itself, as cosign has it; a URL is neither. */
async function readSignature(text: string, { files }: CosignIo): Promise<Uint8Array> {
  const bytes = (await files.exists(text)) ? await files.read(text, MAX_FILE_BYTES) : utf8(text)
  try {
    return readSignatureFile(bytes)
  } catch (cause) {
    throw cosignErrors('cosign.signature', `--signature: ${describeError(cause)}`, { cause })
  }
}

/** PEM or base64 of it. Bare DER could be read too, but cosign 2.2.3 refuses it. */
async function readCertificate(path: string, { files }: CosignIo): Promise<Uint8Array> {
  try {
    const bytes = await files.read(path, MAX_FILE_BYTES)
    if (bytes[0] === DER_SEQUENCE) throw new Error('DER, where cosign wants PEM or base64 of it')
    return readCertificateFile(bytes)
  } catch (cause) {
    throw cosignErrors('cosign.certificate', `--certificate: ${describeError(cause)}`, { cause })
  }
}

interface FoundEntries {
  readonly entries: readonly LogEntry[]
  /** A log refuses a signature that is not over the digest; then our own checks say better what is wrong. */
  readonly refusal?: WheelsealError
}

async function findEntries(
  sealed: Sealed,
  { texts }: Arguments,
  { http, clock }: CosignIo,
): Promise<FoundEntries> {
  const log = createRekorClient({ url: texts.get('rekor-url') ?? REKOR_URL, http, clock })
  try {
    return { entries: await log.find(proposalFor(sealed)) }
  } catch (error) {
    if (error instanceof WheelsealError && error.code === 'net.refused')
      return { entries: [], refusal: error }
    throw error
  }
}

function render(verdict: Verdict, path: string, io: CosignIo): void {
  const sentence = verdictSentence(verdict, path)
  if (verdict.verified) {
    io.stderr(`Verified OK\n${sentence}\n`)
    return
  }
  const lines = [`Error: ${sentence}`, ...checkLines(verdict), `hint: ${verdictHint(verdict) ?? ''}`]
  io.stderr(`${lines.join('\n')}\n`)
}
