import { WheelsealError } from '../../base/index.ts'
import { serviceUrls } from '../sign/services.ts'
import type { DoctorIo } from './io.ts'

export type ServiceKind = 'fulcio' | 'rekor' | 'tsa' | 'tuf' | 'registry'

export interface Service {
  readonly kind: ServiceKind
  /** As it is configured. */
  readonly url: string
  readonly from: string
}

/** One request, and what came back. */
export interface Answer {
  readonly service: Service
  readonly asked: string
  readonly sentMs: number
  readonly receivedMs: number
  readonly reply:
    | {
        readonly status: number
        readonly headers: Readonly<Record<string, string>>
        readonly text: string
      }
    | { readonly error: WheelsealError }
}

const NAMES: Readonly<Record<ServiceKind, string>> = {
  fulcio: 'the certificate authority (Fulcio)',
  rekor: 'the log (Rekor)',
  tsa: 'the timestamp authority',
  tuf: 'the TUF repository',
  registry: 'the package registry',
}

export function serviceName(kind: ServiceKind): string {
  return NAMES[kind]
}

/** What each is asked: something small that changes nothing. */
const PATHS: Readonly<Record<ServiceKind, string>> = {
  fulcio: '/api/v2/configuration',
  rekor: '/api/v1/log',
  tsa: '/certchain',
  tuf: '/timestamp.json',
  registry: '/version',
}

const MAX_BYTES = 1 << 20

export async function askService(
  service: Service,
  { http, clock }: Pick<DoctorIo, 'http' | 'clock'>,
): Promise<Answer> {
  const asked = `${service.url.replace(/\/+$/, '')}${PATHS[service.kind]}`
  const sentMs = clock.nowMs()
  const done = (reply: Answer['reply']): Answer => ({
    service,
    asked,
    sentMs,
    receivedMs: clock.nowMs(),
    reply,
  })
  try {
    const response = await http.request({ method: 'GET', url: asked })
    const receivedMs = clock.nowMs()
    const { status, headers } = response
    return { ...done({ status, headers, text: await response.text(MAX_BYTES) }), receivedMs }
  } catch (error) {
    if (error instanceof WheelsealError) return done({ error })
    throw error
  }
}

/** Those that are configured, by settings or, as in the tutorial's pipeline, by its own variables. */
export async function configuredServices(io: DoctorIo): Promise<readonly Service[]> {
  const [signing, trust] = await Promise.all([signingServices(io), tufService(io)])
  const api = io.registry?.api
  return [
    ...signing,
    ...trust,
    ...(api === undefined ? [] : [{ kind: 'registry', url: api.value, from: api.from } as const]),
  ]
}

async function signingServices(io: DoctorIo): Promise<readonly Service[]> {
  const { services, origins } = await io.choices.services()
  if (origins.length === 0) return variableServices(io)
  const urls = await serviceUrls(services, io)
  const from = (kind: ServiceKind): string =>
    origins.find(({ name }) => name === `${kind}-url`)?.from ?? 'signing-config'
  return (['fulcio', 'rekor', 'tsa'] as const).flatMap((kind) => {
    const url = urls[kind]
    return url === undefined ? [] : [{ kind, url, from: from(kind) }]
  })
}

const VARIABLES = [
  ['fulcio', ['COSIGN_FULCIO_URL', 'FULCIO_URL']],
  ['rekor', ['COSIGN_REKOR_URL', 'REKOR_URL']],
] as const

function variableServices({ env }: DoctorIo): readonly Service[] {
  return VARIABLES.flatMap(([kind, names]) => {
    const from = names.find((name) => env[name])
    return from === undefined ? [] : [{ kind, url: env[from] ?? '', from }]
  })
}

async function tufService(io: DoctorIo): Promise<readonly Service[]> {
  const { trust, origins } = await io.choices.trust().catch(() => ({ trust: undefined, origins: [] }))
  // Public Sigstore is asked by the check of the trust root alone: as the default it may not be meant at all.
  if (trust?.kind !== 'tuf') return []
  return [{ kind: 'tuf', url: trust.url, from: origins.find(({ name }) => name === 'tuf-url')?.from ?? '' }]
}
