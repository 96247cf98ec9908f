import * as v from 'valibot'
import { describeError, parseIsoTime, parseJson } from '../../base/index.ts'
import { sigstoreErrors } from './errors.ts'
import type { TrustPeriod } from './parse-trusted-root.ts'

export interface NamedService {
  readonly url: string
  readonly majorApiVersion: number
  readonly validity: TrustPeriod
}

/** Services of one kind, and how many of them a signer must use. */
export interface ServiceGroup {
  readonly services: readonly NamedService[]
  readonly count: number | 'all'
}

/** `timestamps` may be empty: not every Sigstore has an authority for them. */
export interface SigningServices {
  readonly authorities: ServiceGroup
  readonly logs: ServiceGroup
  readonly timestamps: ServiceGroup
}

const MAX_LENGTH = 256 << 10
const MAX_DEPTH = 8
const MAX_SERVICES = 64
const MAX_TEXT = 2048

const Text = v.pipe(v.string(), v.maxLength(MAX_TEXT))
const Time = v.pipe(Text, v.transform(parseIsoTime), v.finite('must be a time'))
const Service = v.pipe(
  v.object({
    url: Text,
    majorApiVersion: v.pipe(v.number(), v.safeInteger()),
    validFor: v.object({ start: Time, end: v.nullish(Time) }),
  }),
  v.transform(({ url, majorApiVersion, validFor: { start, end } }) => ({
    url,
    majorApiVersion,
    validity: { startSeconds: start, ...(typeof end === 'number' ? { endSeconds: end } : {}) },
  })),
)
const Services = v.pipe(v.optional(v.array(Service), []), v.maxLength(MAX_SERVICES))
const Count = v.pipe(
  v.optional(
    v.object({
      selector: v.picklist(['ANY', 'ALL', 'EXACT']),
      count: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1)), 1),
    }),
    { selector: 'ANY' },
  ),
  v.transform(({ selector, count }) =>
    selector === 'ALL' ? ('all' as const) : selector === 'ANY' ? 1 : count,
  ),
)
/** Members that are not named here are passed over: the file says where to sign, and not whom to trust. */
const Config = v.object({
  mediaType: v.literal('application/vnd.dev.sigstore.signingconfig.v0.2+json'),
  caUrls: Services,
  rekorTlogUrls: Services,
  rekorTlogConfig: Count,
  tsaUrls: Services,
  tsaConfig: Count,
})

/** `signing_config.json` of version 0.2 (protobuf-specs, sigstore_trustroot.proto). Throws `sigstore.signing-config`. */
export function parseSigningConfig(text: string): SigningServices {
  const config = readConfig(text)
  return {
    authorities: { services: config.caUrls, count: 1 },
    logs: { services: config.rekorTlogUrls, count: config.rekorTlogConfig },
    timestamps: { services: config.tsaUrls, count: config.tsaConfig },
  }
}

function readConfig(text: string): v.InferOutput<typeof Config> {
  try {
    return v.parse(Config, parseJson(text, { maxLength: MAX_LENGTH, maxDepth: MAX_DEPTH }))
  } catch (cause) {
    const where = cause instanceof v.ValiError ? `${v.getDotPath(cause.issues[0]) ?? 'the value'}: ` : ''
    const why = describeError(cause).slice(0, 300)
    throw sigstoreErrors('sigstore.signing-config', `not a signing config: ${where}${why}`, { cause })
  }
}

/** What is wanted of a group. */
export interface ServiceNeed {
  /** In words, for messages. */
  readonly what: string
  /** The version of the service that the client speaks. */
  readonly majorApiVersion: number
  readonly nowSeconds: number
}

/**
 * The service of a group that began last of those that are valid now and of this version. Throws
 * `sigstore.signing-config` where there is none, and where a signer must use several.
 */
export function chooseService({ services, count }: ServiceGroup, need: ServiceNeed): NamedService {
  const { what, majorApiVersion, nowSeconds } = need
  const usable = services.filter(
    (service) => service.majorApiVersion === majorApiVersion && isValid(service.validity, nowSeconds),
  )
  const [newest] = usable.toSorted((one, other) => startOf(other) - startOf(one))
  if (newest === undefined)
    throw sigstoreErrors('sigstore.signing-config', `no ${what} of version ${majorApiVersion} is valid now`)
  const needed = count === 'all' ? usable.length : count
  if (needed > 1)
    throw sigstoreErrors(
      'sigstore.signing-config',
      `${needed} services must be used as ${what}, but wheelseal uses one`,
    )
  return newest
}

function isValid({ startSeconds = 0, endSeconds = Infinity }: TrustPeriod, nowSeconds: number): boolean {
  return startSeconds <= nowSeconds && nowSeconds <= endSeconds
}

function startOf({ validity: { startSeconds = 0 } }: NamedService): number {
  return startSeconds
}
