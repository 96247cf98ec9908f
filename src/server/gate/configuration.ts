/**
 * `[[gates]]` of `wheelseal.toml`: verifying indexes, each with its policy and the indexes that it stands before.
 *
 *     [[gates]]
 *     name = "prod"
 *     policy = "policy.toml"
 *
 *     [[gates.upstreams]]
 *     name = "pypi"
 *     url = "https://index.example/simple/"
 *     files = ["files.example"]
 *     trust = "public"
 */
import { resolve } from 'node:path'
import * as v from 'valibot'
import type { Secret } from '../../base/index.ts'
import { DURATION, durationMs } from '../../verify/index.ts'

const LIMITS = { gates: 16, upstreams: 16, names: 1000, hosts: 32 } as const
const SEALS = 'provenance'
const DEFAULTS = { staleFor: '7d', keep: '20 GiB', maxFile: '2 GiB' } as const

const text = v.pipe(
  v.string('must be a quoted string'),
  v.nonEmpty('must not be empty'),
  v.maxLength(1024, 'is too long'),
)
const shortName = v.pipe(
  text,
  v.regex(
    /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/,
    'must be lower-case letters, digits and dashes, at most 32',
  ),
)
const duration = v.pipe(text, v.regex(DURATION, 'must be a number of days or hours such as "7d" or "12h"'))

/** `20 GiB`: one spelling. */
const SIZE = /^([1-9][0-9]{0,5}) (MiB|GiB)$/
const size = v.pipe(text, v.regex(SIZE, 'must be a size such as "512 MiB" or "20 GiB"'))

const indexUrl = v.pipe(
  text,
  v.check(isPlainUrl, 'must be an http or https URL without credentials, query and fragment'),
)
const host = v.pipe(
  text,
  v.regex(
    /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[1-9][0-9]{0,4})?$/,
    'must be a host name, with a port where it has one',
  ),
)
const namePattern = v.pipe(
  text,
  v.regex(
    /^[a-z0-9]+(?:-[a-z0-9]+)*(?:-\*)?$/,
    'must be a normalised name such as "acme", or a prefix such as "acme-*"',
  ),
)
const registryPath = v.pipe(
  text,
  v.regex(
    /^[A-Za-z0-9_.-]+(?:\/[A-Za-z0-9_.-]+)*$/,
    'must be the path of a group or project of this server such as "acme" or "acme/tools"',
  ),
)
const provenanceUrl = v.pipe(
  text,
  v.check(
    (url) => ['{name}', '{version}', '{file}'].every((place) => url.includes(place)) && isPlainUrl(url),
    'must be a URL with the places {name}, {version} and {file}',
  ),
)

function choice<const Value extends string>(values: readonly Value[]) {
  return v.picklist(values, `must be one of ${values.map((one) => `"${one}"`).join(', ')}`)
}

/** What says how an index is asked. */
const OF_AN_INDEX = ['files', 'seals', 'provenance_url', 'username', 'password_file'] as const

function isLeftOut(value: string | readonly string[] | undefined): boolean {
  return value === undefined || value.length === 0
}

const Upstream = v.pipe(
  v.strictObject({
    name: shortName,
    /** Either an index, or a group or project of this server, which needs no request. */
    url: v.optional(indexUrl),
    registry: v.optional(registryPath),
    files: v.optional(v.pipe(v.array(host, 'must be a list of host names'), v.maxLength(LIMITS.hosts)), []),
    names: v.optional(
      v.pipe(
        v.array(namePattern, 'must be a list of names'),
        v.minLength(1, 'must not be empty; leave it out for every name'),
        v.maxLength(LIMITS.names, `has more than ${LIMITS.names} names`),
      ),
    ),
    seals: v.optional(choice(['provenance', 'generic', 'beside', 'none'])),
    provenance_url: v.optional(provenanceUrl),
    /** `public`, `private`, or the path of a trusted_root.json. Left out, `private` of a registry, else `public`. */
    trust: v.optional(text),
    username: v.optional(text),
    password_file: v.optional(text),
    max_file: v.optional(size, DEFAULTS.maxFile),
    metadata: v.optional(choice(['strict', 'by size']), 'by size'),
  }),
  v.check(
    ({ url, registry }) => (url === undefined) !== (registry === undefined),
    'must have either url or registry',
  ),
  v.check(
    (table) => table.registry === undefined || OF_AN_INDEX.every((key) => isLeftOut(table[key])),
    `with registry must not have ${OF_AN_INDEX.join(', ')}`,
  ),
  v.check(
    ({ username, password_file: password }) => (username === undefined) === (password === undefined),
    'must have both username and password_file, or neither',
  ),
  v.check(
    ({ seals = SEALS, provenance_url: url }) => url === undefined || seals === 'provenance',
    'must have seals = "provenance" if it has a provenance_url',
  ),
)

export const Gates = v.pipe(
  v.array(
    v.pipe(
      v.strictObject({
        name: shortName,
        mode: v.optional(choice(['enforce', 'warn', 'off']), 'enforce'),
        policy: text,
        stale_for: v.optional(duration, DEFAULTS.staleFor),
        /** Left out, `tokens` where an upstream is a registry, which may have private projects; else `anybody`. */
        read: v.optional(choice(['anybody', 'tokens'])),
        keep: v.optional(size, DEFAULTS.keep),
        upstreams: v.pipe(
          v.array(Upstream, 'must be a list of tables, [[gates.upstreams]]'),
          v.minLength(1, 'must not be empty'),
          v.maxLength(LIMITS.upstreams, `has more than ${LIMITS.upstreams} upstreams`),
        ),
      }),
      v.check(({ upstreams }) => isDistinct(upstreams), 'has two upstreams of one name'),
      v.check(
        ({ upstreams }) => upstreams.slice(0, -1).every(({ names }) => names !== undefined),
        'has an upstream without names before its last one, so that the ones after it are never asked',
      ),
    ),
    'must be a list of tables, [[gates]]',
  ),
  v.maxLength(LIMITS.gates, `has more than ${LIMITS.gates} gates`),
  v.check((gates) => isDistinct(gates), 'has two gates of one name'),
)

type GateTable = v.InferOutput<typeof Gates>[number]
type UpstreamTable = GateTable['upstreams'][number]

export interface GateConfiguration extends Pick<GateTable, 'name' | 'mode' | 'policy'> {
  readonly readers: NonNullable<GateTable['read']>
  readonly staleForMs: number
  readonly keepBytes: number
  readonly upstreams: readonly UpstreamConfiguration[]
}

export interface UpstreamConfiguration extends Pick<UpstreamTable, 'name' | 'metadata'> {
  readonly place: IndexPlace | RegistryPlace
  readonly names?: readonly string[]
  readonly trust: { readonly kind: 'public' | 'private' } | { readonly kind: 'file'; readonly path: string }
  readonly maxFileBytes: number
}

export interface IndexPlace {
  readonly kind: 'index'
  readonly url: string
  readonly files: readonly string[]
  readonly seals: NonNullable<UpstreamTable['seals']>
  readonly provenanceUrl?: string
  readonly account?: { readonly username: string; readonly passwordFile: string }
  /** In place of an account, of whoever starts the gate. */
  readonly login?: UpstreamLogin
}

export interface UpstreamLogin {
  readonly username: string
  readonly password: Secret
}

/** A group or project of the server. */
export interface RegistryPlace {
  readonly kind: 'registry'
  readonly path: string
}

/** Paths are relative to `folder`. */
export function gateConfiguration(table: GateTable, folder: string): GateConfiguration {
  const { name, mode, policy, upstreams } = table
  const hasRegistry = upstreams.some(({ registry }) => registry !== undefined)
  return {
    name,
    mode,
    policy: resolve(folder, policy),
    readers: table.read ?? (hasRegistry ? 'tokens' : 'anybody'),
    staleForMs: durationMs(table.stale_for),
    keepBytes: sizeBytes(table.keep),
    upstreams: upstreams.map((one) => upstreamConfiguration(one, folder)),
  }
}

function upstreamConfiguration(table: UpstreamTable, folder: string): UpstreamConfiguration {
  const { name, names, metadata, registry } = table
  const { trust = registry === undefined ? 'public' : 'private' } = table
  return {
    name,
    metadata,
    place: registry === undefined ? indexPlace(table, folder) : { kind: 'registry', path: registry },
    ...(names === undefined ? {} : { names }),
    trust:
      trust === 'public' || trust === 'private'
        ? { kind: trust }
        : { kind: 'file', path: resolve(folder, trust) },
    maxFileBytes: sizeBytes(table.max_file),
  }
}

function indexPlace(table: UpstreamTable, folder: string): IndexPlace {
  const { url = '', files, seals = SEALS, provenance_url: provenance } = table
  const { username, password_file: passwordFile } = table
  return {
    kind: 'index',
    url,
    files,
    seals,
    ...(provenance === undefined ? {} : { provenanceUrl: provenance }),
    ...(username === undefined || passwordFile === undefined
      ? {}
      : { account: { username, passwordFile: resolve(folder, passwordFile) } }),
  }
}

/** Of a text that `SIZE` matches. */
function sizeBytes(written: string): number {
  const [, count = '0', unit] = SIZE.exec(written) ?? []
  return Number(count) * (unit === 'GiB' ? 2 ** 30 : 2 ** 20)
}

function isPlainUrl(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, username, password, search, hash } = new URL(url)
  const isHttp = protocol === 'http:' || protocol === 'https:'
  return isHttp && [username, password, search, hash].every((part) => part === '')
}

function isDistinct(named: readonly { readonly name: string }[]): boolean {
  return new Set(named.map(({ name }) => name)).size === named.length
}
