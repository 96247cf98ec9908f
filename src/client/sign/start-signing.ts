import type { Files } from '../../base/index.ts'
import { createFulcioClient, createRekorClient } from '../../net/index.ts'
import { certify, readToken, type Blob, type SigningRequest } from '../../sign/index.ts'
import type { TrustRoot } from '../../verify/index.ts'
import { readOnce } from '../verify/one-pass.ts'
import { loadTrust } from '../verify/trust-start.ts'
import { idToken } from './id-token.ts'
import type { SignEvents, SignIo } from './io.ts'
import type { SigningPlan } from './plan.ts'
import { serviceUrls, type ServiceUrls } from './services.ts'
import type { Target } from './targets.ts'
import { checkWritable } from './write-together.ts'

const AUDIENCE = 'sigstore'
/** Of all files of a call. Beyond it digests are signed, each of which costs more than these bytes are worth. */
const MAX_KEPT_BYTES = 16 << 20
const SHA256 = new Set(['sha256'] as const)

export type Hashed<Hashable = Target> = Hashable & Blob

/** Everything that must be well before the log is asked. */
export interface Started<Hashable extends Target> {
  readonly services: ServiceUrls
  readonly hashed: readonly Hashed<Hashable>[]
  readonly request: SigningRequest
}

interface Context<Hashable extends Target> {
  readonly targets: readonly Hashable[]
  readonly io: SignIo
  readonly events: SignEvents
}

/** Throws `sign.token-…`, `client.sign-…`, `client.verify-trusted-root`, `net.…`, `host.file`. */
export async function startSigning<Hashable extends Target>(
  plan: SigningPlan,
  { targets, io, events }: Context<Hashable>,
): Promise<Started<Hashable>> {
  const token = await idToken(plan.token, io)
  events.onToken(readToken(token, { audience: AUDIENCE, clock: io.clock }))
  const services = await serviceUrls(plan.services, io)
  const places = targets.flatMap((target) => target.places.map(({ path }) => path))
  checkWritable(places, plan.bundleFolder)
  const hashed = await hashAll(targets, io.files)
  const asking = {
    token,
    audience: AUDIENCE,
    clock: io.clock,
    authority: createFulcioClient({ ...io, url: services.fulcio }),
  }
  // The trust root is read, or fetched, while the authority works.
  const [certified, trustRoot] = await Promise.all([certify(asking), afterSending(() => trustOf(plan, io))])
  const request = {
    ...asking,
    certified,
    log: createRekorClient({ ...io, url: services.rekor }),
    onEach: events.onEach,
    ...(trustRoot === undefined ? {} : { trustRoot }),
  }
  return { services, hashed, request }
}

/** One turn of the event loop connects, the next one sends: a request must not wait for what keeps the core busy. */
async function afterSending<T>(work: () => Promise<T>): Promise<T> {
  for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  return work()
}

async function trustOf({ trust }: SigningPlan, io: SignIo): Promise<TrustRoot | undefined> {
  if (trust === undefined) return undefined
  const { trustRoot } = await loadTrust({ trust, network: 'allowed' }, io)
  return trustRoot
}

/** One after the other: they share a disk and a core. With the bytes, while there is room for them. */
async function hashAll<Hashable extends Target>(
  targets: readonly Hashable[],
  files: Files,
): Promise<readonly Hashed<Hashable>[]> {
  const hashed: Hashed<Hashable>[] = []
  let maxKeptBytes = MAX_KEPT_BYTES
  for (const target of targets) {
    const seen = await readOnce(files.stream(target.path), { algorithms: SHA256, maxKeptBytes })
    maxKeptBytes -= seen.bytes?.length ?? 0
    hashed.push({ ...target, name: target.path, ...seen })
  }
  return hashed
}

/** Files that were named and are seals of others, which is why they are not signed. */
export function leftOut({ files }: SigningPlan, targets: readonly Target[]): readonly string[] {
  const paths = new Set(targets.map(({ path }) => path))
  return files.filter((path) => !paths.has(path))
}
