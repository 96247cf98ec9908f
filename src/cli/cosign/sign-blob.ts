import { encodeBase64, type Secret } from '../../base/index.ts'
import { createFulcioClient, createRekorClient, createTimestampClient } from '../../net/index.ts'
import { signBlobs, type Blob, type SignedBlob, type TimestampSource } from '../../sign/index.ts'
import type { TrustRoot } from '../../verify/index.ts'
import { confirm } from './confirm.ts'
import { FULCIO_URL, REKOR_URL } from './defaults.ts'
import { cosignErrors } from './errors.ts'
import { textOf, type Arguments } from './flag-values.ts'
import { hashFile } from './hash-file.ts'
import type { CosignIo } from './io.ts'
import { checkOutputs, outputsOf, signaturePath } from './outputs.ts'
import { readToken } from './token.ts'
import { tell } from './tell.ts'
import { readTrust } from './trust-root.ts'

/** True when all is signed and written. */
export async function signBlob(given: Arguments, io: CosignIo): Promise<boolean> {
  io.hideArguments()
  if (given.operands.length === 0)
    throw cosignErrors('cosign.usage', 'requires at least 1 arg(s), only received 0')
  checkOutputs(given)
  const token = await readToken(given, io)
  await confirm(given, io)
  for (const sealed of await sign(given, token, io)) await deliver(sealed, given, io)
  return true
}

async function sign(given: Arguments, token: Secret, io: CosignIo): Promise<readonly SignedBlob[]> {
  const trustRoot = await readTrust(given, io)
  const blobs: Blob[] = []
  for (const name of given.operands) {
    if (name !== '-') tell(io, `Using payload from: ${name}`)
    blobs.push({ name, ...(await hashFile(name, new Set(), io)) })
  }
  tell(io, 'Generating ephemeral keys...', 'Retrieving signed certificate...')
  const stamps = timestampsOf(given, io)
  const isVerifiable = canVerifyTimestamps(trustRoot)
  const signed = await signBlobs({
    blobs,
    token,
    authority: createFulcioClient({ ...io, url: given.texts.get('fulcio-url') ?? FULCIO_URL }),
    log: createRekorClient({ ...io, url: given.texts.get('rekor-url') ?? REKOR_URL }),
    clock: io.clock,
    trustRoot,
    ...(stamps !== undefined && isVerifiable ? { timestamps: stamps } : {}),
  })
  return stamps === undefined || isVerifiable ? signed : stampAll(signed, stamps, io)
}

function timestampsOf(given: Arguments, io: CosignIo): TimestampSource | undefined {
  const url = textOf(given, 'timestamp-server-url')
  return url === undefined ? undefined : createTimestampClient({ ...io, url })
}

/** The variables of cosign 2 name no timestamp authority, and cosign itself verifies no new timestamp. */
function canVerifyTimestamps({ timestampAuthorities = [] }: TrustRoot): boolean {
  return timestampAuthorities.length > 0
}

async function stampAll(
  sealed: readonly SignedBlob[],
  stamps: TimestampSource,
  io: CosignIo,
): Promise<readonly SignedBlob[]> {
  tell(io, 'The trust root has no timestamp authority: the timestamp is not verified.')
  const stamped: SignedBlob[] = []
  for (const one of sealed) stamped.push({ ...one, timestamp: await stamps.stamp(one.signature) })
  return stamped
}

async function deliver(sealed: SignedBlob, given: Arguments, io: CosignIo): Promise<void> {
  tell(io, `tlog entry created with index: ${sealed.entry.logIndex}`)
  const outputs = outputsOf(sealed, given)
  // All or none: a signature beside the certificate of an earlier run would never verify.
  await io.writeOutputs(outputs)
  for (const { path, what } of outputs) tell(io, `Wrote ${what} to file ${path}`)
  const isNewBundle = given.switches.get('new-bundle-format') === true
  if (isNewBundle || signaturePath(given) !== undefined) return
  const isText = given.switches.get('b64') !== false
  io.stdout(isText ? `${encodeBase64(sealed.signature)}\n` : sealed.signature)
}
