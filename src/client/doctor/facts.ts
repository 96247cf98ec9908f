import { Secret, type Http, type JsonValue } from '../../base/index.ts'
import { certificateIdentity, parseGitLabClaims } from '../../identity/index.ts'
import { tokenClaims } from '../../sign/index.ts'
import { loadTrust, type TrustStart } from '../verify/index.ts'
import type { DoctorIo } from './io.ts'
import { askService, configuredServices, type Answer, type Service } from './services.ts'

export interface TokenIdentity {
  /** As the certificate would have it. */
  readonly san: string
  readonly issuer: string
}

/** What several checks need: each is found out once, when it is first asked for, and may throw each time it is. */
export interface Facts {
  readonly io: DoctorIo
  /** Ends programs that were started when the checks are over. */
  readonly signal: AbortSignal
  readonly nowSeconds: () => number
  readonly services: () => Promise<readonly Service[]>
  readonly answers: () => Promise<readonly Answer[]>
  readonly trust: () => Promise<TrustStart>
  /** Of `SIGSTORE_ID_TOKEN`, unverified. Undefined where there is none. */
  readonly claims: () => Promise<Readonly<Record<string, JsonValue>> | undefined>
  readonly identity: () => Promise<TokenIdentity | undefined>
}

const REQUEST_TIMEOUT_MS = 8_000

export function gatherFacts(given: DoctorIo, signal: AbortSignal): Facts {
  const io = { ...given, http: bounded(given.http, signal) }
  // A service that is away is said at once, and not asked again with pauses.
  const impatient = { ...io, clock: { nowMs: () => io.clock.nowMs(), sleep: async () => undefined } }
  const services = once(() => configuredServices(io))
  const claims = once(async () => claimsIn(io.env['SIGSTORE_ID_TOKEN'] ?? ''))
  return {
    io,
    signal,
    nowSeconds: () => Math.floor(io.clock.nowMs() / 1000),
    services,
    answers: once(async () => {
      const all = await services().catch(() => [])
      return Promise.all(all.map((service) => askService(service, io)))
    }),
    trust: once(async () => {
      const { trust } = await io.choices.trust()
      return loadTrust({ trust, network: 'allowed' }, impatient)
    }),
    claims,
    identity: once(async () => {
      const found = await claims()
      if (found === undefined) return undefined
      const gitlab = parseGitLabClaims(found)
      return { san: certificateIdentity(gitlab).san, issuer: gitlab.iss }
    }),
  }
}

function claimsIn(token: string): Readonly<Record<string, JsonValue>> | undefined {
  return token === '' ? undefined : tokenClaims(new Secret(token))
}

function once<T>(find: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | undefined
  return () => (found ??= find())
}

function bounded(http: Http, signal: AbortSignal): Http {
  return {
    request: (request) => http.request({ ...request, signal, timeoutMs: REQUEST_TIMEOUT_MS }),
  }
}
