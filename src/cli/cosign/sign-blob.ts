import { encodeBase64, type Secret } from '../../base/index.ts'
import { writeCertificateFile, writeSignatureFile } from '../../formats/sigstore/index.ts'
import { createFulcioClient, createRekorClient } from '../../net/index.ts'
import { signBlobs, type SignedBlob } from '../../sign/index.ts'
import { FULCIO_URL, REKOR_URL } from './defaults.ts'
import { cosignErrors } from './errors.ts'
import type { Arguments } from './flag-values.ts'
import { hashFile } from './hash-file.ts'
import type { CosignIo } from './io.ts'
import { readToken } from './token.ts'
import { readTrustRoot } from './trust-files.ts'

/** cosign writes them for the owner alone. */
const FILE_MODE = 0o600

/** True when all is signed and written. */
export async function signBlob(given: Arguments, io: CosignIo): Promise<boolean> {
  io.hideArguments()
  checkOperands(given)
  const token = await readToken(given, io)
  const signed = await sign(given, token, io)
  for (const blob of signed) await deliver(blob, given, io)
  return true
}

function checkOperands({ operands, texts, switches }: Arguments): void {
  if (operands.length === 0) throw cosignErrors('cosign.usage', 'requires at least 1 arg(s), only received 0')
  const hasOutputs = texts.has('output-signature') || texts.has('output-certificate')
  if (operands.length > 1 && hasOutputs)
    throw cosignErrors('cosign.usage', `${operands.length} files cannot be signed into one output file`, {
      hint: 'call it once for each file, or leave the output flags out',
    })
  if (!switches.has('yes'))
    throw cosignErrors('cosign.confirmation', 'the identity in the certificate will be in the log for ever')
}

async function sign(given: Arguments, token: Secret, io: CosignIo): Promise<readonly SignedBlob[]> {
  const { clock, http, files } = io
  const trustRoot = await readTrustRoot(io)
  const blobs = []
  for (const name of given.operands) {
    io.stderr(`Using payload from: ${name}\n`)
    blobs.push({ name, sha256: await hashFile(name, files) })
  }
  io.stderr('Generating ephemeral keys...\nRetrieving signed certificate...\n')
  return signBlobs({
    blobs,
    token,
    authority: createFulcioClient({ url: given.texts.get('fulcio-url') ?? FULCIO_URL, http, clock }),
    log: createRekorClient({ url: given.texts.get('rekor-url') ?? REKOR_URL, http, clock }),
    clock,
    trustRoot,
  })
}

async function deliver(
  { signature, chain, entry }: SignedBlob,
  given: Arguments,
  io: CosignIo,
): Promise<void> {
  io.stderr(`tlog entry created with index: ${entry.logIndex}\n`)
  const signaturePath = given.texts.get('output-signature')
  const certificatePath = given.texts.get('output-certificate')
  const [leaf = new Uint8Array()] = chain
  await writeBoth(io, [
    [signaturePath, writeSignatureFile(signature)],
    [certificatePath, writeCertificateFile(leaf)],
  ])
  if (signaturePath === undefined) io.stdout(`${encodeBase64(signature)}\n`)
  else io.stderr(`Wrote signature to file ${signaturePath}\n`)
  if (certificatePath !== undefined) io.stderr(`Wrote certificate to file ${certificatePath}\n`)
}

type Output = readonly [path: string | undefined, bytes: Uint8Array]

/** Both files or none: a signature beside the certificate of an earlier run would never verify. */
async function writeBoth({ files }: CosignIo, outputs: readonly Output[]): Promise<void> {
  const written: string[] = []
  try {
    for (const [path, bytes] of outputs) {
      if (path === undefined) continue
      await files.writeAtomic(path, bytes, FILE_MODE)
      written.push(path)
    }
  } catch (error) {
    for (const path of written) await files.remove(path)
    throw error
  }
}
