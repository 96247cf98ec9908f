import { utf8 } from '../../base/index.ts'
import { parseFileName } from '../../formats/python/index.ts'
import { attestFiles, type AttestationKind, type NewAttestation } from '../../sign/index.ts'
import type { SignEvents, SignIo } from './io.ts'
import type { AttestPlan } from './plan.ts'
import type { ServiceUrls } from './services.ts'
import type { SignResult } from './sign-files.ts'
import { leftOut, startSigning, type Hashed } from './start-signing.ts'
import { targetsOf, type Target } from './targets.ts'
import { writeTogether } from './write-together.ts'

export interface WrittenAttestation {
  readonly file: string
  readonly sha256: Uint8Array
  readonly kind: AttestationKind
  readonly predicateType: string
  readonly logIndex: number
  /** Where it was written. */
  readonly attestation: string
}

export interface AttestResult extends Pick<SignResult, 'leftOut' | 'checked'> {
  /** In the order of the files, and of the kinds for each. */
  readonly attestations: readonly WrittenAttestation[]
  readonly services: Omit<ServiceUrls, 'tsa'>
}

/** What uploaders look for beside a distribution: `X.<type>.attestation`. */
const ENDINGS = { publish: '.publish.attestation', provenance: '.slsa.attestation' } as const
type Ending = (typeof ENDINGS)[AttestationKind]

/**
 * Attests all files and writes the attestations, or none. Throws `python.file-name`, `sign.…`, `net.…`, `client.sign-…`,
 * `host.file`.
 */
export async function attestDistributions(
  plan: AttestPlan,
  io: SignIo,
  events: SignEvents,
): Promise<AttestResult> {
  const { kinds } = plan
  const targets = targetsOf<Ending>(
    plan,
    kinds.map((kind) => ENDINGS[kind]),
  )
  checkNames(targets)
  const { services, hashed, request } = await startSigning(plan, { targets, io, events })
  events.onBegin(hashed.length * kinds.length)
  const made = await attestFiles({ ...request, files: hashed, kinds })
  await writeTogether(made.map((one) => [[placeOf(one), utf8(`${JSON.stringify(one.json)}\n`)]]))
  return {
    attestations: made.map(describe),
    leftOut: leftOut(plan, targets),
    services: { fulcio: services.fulcio, rekor: services.rekor },
    checked: request.trustRoot === undefined ? 'not by a trust root' : 'by the trust root',
  }
}

type Made = NewAttestation<Hashed<Target<Ending>>>

function describe(made: Made): WrittenAttestation {
  const { file, kind, predicateType, entry } = made
  return {
    file: file.path,
    sha256: file.sha256,
    kind,
    predicateType,
    logIndex: entry.logIndex,
    attestation: placeOf(made),
  }
}

function placeOf({ file, kind }: Made): string {
  const place = file.places.find(({ ending }) => ending === ENDINGS[kind])
  if (place === undefined) throw new TypeError('an attestation without a place')
  return place.path
}

/** Nothing else is uploaded. Names are not normalised: an index compares them with that of the upload. */
function checkNames(targets: readonly Target[]): void {
  for (const { fileName } of targets) parseFileName(fileName)
}
