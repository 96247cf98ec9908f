import { utf8 } from '../../base/index.ts'
import { writeCertificateFile, writeSignatureFile } from '../../formats/sigstore/index.ts'
import { createTimestampClient } from '../../net/index.ts'
import { bundleOf, signBlobs, type SignedBlob } from '../../sign/index.ts'
import type { SignEvents, SignIo } from './io.ts'
import type { SignPlan } from './plan.ts'
import type { ServiceUrls } from './services.ts'
import { leftOut, startSigning, type Hashed } from './start-signing.ts'
import { targetsOf, type Target } from './targets.ts'
import { writeTogether, type Output } from './write-together.ts'

export interface SealedFile {
  readonly file: string
  readonly sha256: Uint8Array
  readonly logIndex: number
  /** Paths of what was written. */
  readonly seal: readonly string[]
}

export interface SignResult {
  readonly files: readonly SealedFile[]
  /** Files that were named and are seals of others, which is why they are not signed. */
  readonly leftOut: readonly string[]
  readonly services: ServiceUrls
  readonly checked: 'by the trust root' | 'not by a trust root'
}

type Ending = '.sigstore.json' | '.sig' | '.crt'
type Signed = SignedBlob<Hashed<Target<Ending>>>

const FORMS: Readonly<Record<Ending, (signed: Signed) => Uint8Array>> = {
  '.sigstore.json': (signed) => utf8(`${JSON.stringify(bundleOf(signed))}\n`),
  '.sig': ({ signature }) => writeSignatureFile(signature),
  '.crt': ({ leaf }) => writeCertificateFile(leaf),
}

/** Signs all files and writes their seals, or none. Throws `sign.…`, `net.…`, `client.sign-…`, `host.file`. */
export async function signFiles(plan: SignPlan, io: SignIo, events: SignEvents): Promise<SignResult> {
  const targets = targetsOf<Ending>(
    plan,
    plan.forms === 'bundle' ? ['.sigstore.json'] : ['.sigstore.json', '.sig', '.crt'],
  )
  const { services, hashed, request } = await startSigning(plan, { targets, io, events })
  events.onBegin(hashed.length)
  const { tsa } = services
  const signed = await signBlobs({
    ...request,
    blobs: hashed,
    ...(tsa === undefined ? {} : { timestamps: createTimestampClient({ ...io, url: tsa }) }),
  })
  await writeTogether(signed.map(outputsOf))
  return {
    files: signed.map(({ blob, entry }) => ({
      file: blob.path,
      sha256: blob.sha256,
      logIndex: entry.logIndex,
      seal: blob.places.map(({ path }) => path),
    })),
    leftOut: leftOut(plan, targets),
    services,
    checked: request.trustRoot === undefined ? 'not by a trust root' : 'by the trust root',
  }
}

function outputsOf(signed: Signed): readonly Output[] {
  return signed.blob.places.map(({ ending, path }) => [path, FORMS[ending](signed)])
}
