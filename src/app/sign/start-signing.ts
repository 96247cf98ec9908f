import { createHash } from 'node:crypto'
import type { Files } from '../../base/index.ts'
import { createFulcioClient, createRekorClient } from '../../net/index.ts'
import { readToken, type Blob, type SigningRequest } from '../../sign/index.ts'
import type { TrustRoot } from '../../verify/index.ts'
import { trustRootReader } from '../verify/readers.ts'
import { loadTrust } from '../verify/trust-start.ts'
import { idToken } from './id-token.ts'
import type { SignEvents, SignIo } from './io.ts'
import type { SigningPlan } from './plan.ts'
import { serviceUrls, type ServiceUrls } from './services.ts'
import type { Target } from './targets.ts'
import { checkWritable } from './write-together.ts'

const AUDIENCE = 'sigstore'

export type Hashed<Hashable = Target> = Hashable & Blob

/** Everything that must be well before anybody is asked for a certificate. */
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

/** Throws `sign.token-…`, `app.sign-…`, `app.verify-trusted-root`, `net.…`, `host.file`. */
export async function startSigning<Hashable extends Target>(
  plan: SigningPlan,
  { targets, io, events }: Context<Hashable>,
): Promise<Started<Hashable>> {
  const token = await idToken(plan.token, io)
  events.onToken(readToken(token, { audience: AUDIENCE, clock: io.clock }))
  const services = await serviceUrls(plan.services, io)
  const places = targets.flatMap((target) => target.places.map(({ path }) => path))
  // A trust root that is fetched and large files that are hashed do not wait for each other.
  const [trustRoot, hashed] = await Promise.all([
    trustOf(plan, io),
    hashAll(targets, io.files),
    checkWritable(places, plan.bundleFolder),
  ])
  const request = {
    token,
    audience: AUDIENCE,
    clock: io.clock,
    onEach: events.onEach,
    authority: createFulcioClient({ ...io, url: services.fulcio }),
    log: createRekorClient({ ...io, url: services.rekor }),
    ...(trustRoot === undefined ? {} : { trustRoot }),
  }
  return { services, hashed, request }
}

async function trustOf({ trust }: SigningPlan, io: SignIo): Promise<TrustRoot | undefined> {
  if (trust === undefined) return undefined
  const { trustRoot } = await loadTrust({ trust, network: 'allowed' }, io, trustRootReader)
  return trustRoot
}

/** One after the other: they share a disk and a core. */
async function hashAll<Hashable extends Target>(
  targets: readonly Hashable[],
  files: Files,
): Promise<readonly Hashed<Hashable>[]> {
  const hashed: Hashed<Hashable>[] = []
  for (const target of targets) {
    const hash = createHash('sha256')
    for await (const part of files.stream(target.path)) hash.update(part)
    hashed.push({ ...target, name: target.path, sha256: new Uint8Array(hash.digest()) })
  }
  return hashed
}

/** Files that were named and are seals of others, which is why they are not signed. */
export function leftOut({ files }: SigningPlan, targets: readonly Target[]): readonly string[] {
  const paths = new Set(targets.map(({ path }) => path))
  return files.filter((path) => !paths.has(path))
}
