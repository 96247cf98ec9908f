/**
 * `wheelseal.toml`: what the operator of an instance decides and no flag holds.
 *
 *     [[issuers]]
 *     url = "https://gitlab.example.com"
 *     projects = ["acme/tools"]
 *
 *     [rekor]
 *     keys = ["release.pub"]
 *     max-entry-bytes = 8388608
 *
 *     [seals]
 *     trusted-roots = ["public-sigstore.json"]
 *
 *     [http]
 *     proxies = ["10.0.0.0/8"]
 *
 *     [registry]
 *     x-accel-location = "/stored/"
 *
 *     [[gates]]                        # ../gate/configuration.ts
 *     name = "prod"
 *     policy = "policies/prod.toml"
 *
 * Every key is known or refused, so that a slip of the pen never widens what is accepted. It contains no secrets.
 */
import { dirname, join, resolve } from 'node:path'
import * as v from 'valibot'
import { describeError, utf8Decode, type Files } from '../../base/index.ts'
import { isIssuerUrl } from '../../identity/index.ts'
import { parseToml } from '../../formats/toml/index.ts'
import { proxyList } from '../../http/index.ts'
import { serverErrors } from '../errors.ts'
import { gateConfiguration, Gates, type GateConfiguration } from '../gate/configuration.ts'

const CONFIGURATION_FILE = 'wheelseal.toml'
const MAX_BYTES = 64 * 1024
const MAX_ISSUERS = 32
const MAX_PATHS = 1000
const MAX_KEYS = 100
const MAX_PROXIES = 100
const MAX_TRUSTED_ROOTS = 8
/** Clients verify attestations up to the larger one. */
const [MIN_ENTRY_BYTES, MAX_ENTRY_BYTES] = [128 << 10, 32 << 20]

const text = v.pipe(
  v.string('must be a quoted string'),
  v.nonEmpty('must not be empty'),
  v.maxLength(1024, 'is too long'),
)
const fullPath = v.pipe(
  text,
  v.regex(
    /^[A-Za-z0-9_.-]+(?:\/[A-Za-z0-9_.-]+)*$/,
    'must be a full path such as "acme/tools", without leading or trailing slash',
  ),
)
const paths = v.pipe(
  v.array(fullPath, 'must be a list of full paths'),
  v.minLength(1, 'must not be empty; leave it out to allow all'),
  v.maxLength(MAX_PATHS, `has more than ${MAX_PATHS} paths`),
)

const Issuer = v.strictObject({
  url: v.pipe(
    text,
    v.check(
      isIssuerUrl,
      'must be written as in the claim `iss`: lower case, without default port, query or trailing slash',
    ),
    v.check(isSecure, 'must be https; http is accepted for this machine only'),
  ),
  /** A file with the key set, for networks that do not reach the issuer. */
  jwks: v.optional(text),
  audience: v.optional(text, 'sigstore'),
  projects: v.optional(paths),
  groups: v.optional(paths),
})

const Rekor = v.strictObject({
  /** Files with public keys whose signatures the log takes beside those of our own certificates. */
  keys: v.optional(
    v.pipe(v.array(text, 'must be a list of files'), v.maxLength(MAX_KEYS, `has more than ${MAX_KEYS} keys`)),
    [],
  ),
  /** Of a proposed entry as it is sent; a log keeps the hash of an attestation alone. */
  'max-entry-bytes': v.optional(
    v.pipe(
      v.number('must be a number of bytes'),
      v.integer('must be a whole number of bytes'),
      v.minValue(MIN_ENTRY_BYTES, `must be at least ${MIN_ENTRY_BYTES}`),
      v.maxValue(MAX_ENTRY_BYTES, `must be at most ${MAX_ENTRY_BYTES}`),
    ),
  ),
})

const Seals = v.strictObject({
  /** Files that seals may be judged by, beside this instance's own. */
  'trusted-roots': v.optional(
    v.pipe(
      v.array(text, 'must be a list of files'),
      v.maxLength(MAX_TRUSTED_ROOTS, `has more than ${MAX_TRUSTED_ROOTS} files`),
    ),
    [],
  ),
})

const proxy = v.pipe(
  text,
  v.check(
    (address) => proxyList([address]) !== undefined,
    'must be an IP address or a network such as "10.0.0.0/8"',
  ),
)

const Http = v.strictObject({
  /** Whose `X-Forwarded-For` and `X-Request-Id` count. */
  proxies: v.optional(
    v.pipe(
      v.array(proxy, 'must be a list of addresses'),
      v.maxLength(MAX_PROXIES, `has more than ${MAX_PROXIES} addresses`),
    ),
    [],
  ),
})

const Registry = v.strictObject({
  /** The internal location of nginx by which the proxies send stored files themselves. */
  'x-accel-location': v.optional(
    v.pipe(
      text,
      v.regex(/^\/(?:[A-Za-z0-9_-]+\/)+$/, 'must be a path such as "/stored/", with a slash at both ends'),
    ),
  ),
})

const Configuration = v.strictObject({
  rekor: v.optional(Rekor, {}),
  seals: v.optional(Seals, {}),
  http: v.optional(Http, {}),
  registry: v.optional(Registry, {}),
  gates: v.optional(Gates, []),
  issuers: v.optional(
    v.pipe(
      v.array(Issuer, 'must be a list of tables, [[issuers]]'),
      v.maxLength(MAX_ISSUERS, `has more than ${MAX_ISSUERS} issuers`),
      v.checkItems(
        ({ url }, index, all) => all.findIndex((one) => one.url === url) === index,
        'is listed twice',
      ),
    ),
    [],
  ),
})

export type IssuerConfiguration = Readonly<v.InferOutput<typeof Issuer>>
export interface ConfigurationFile {
  /** Undefined where there is no file. */
  readonly path: string | undefined
  readonly issuers: readonly IssuerConfiguration[]
  /** Paths of PEM files. */
  readonly rekorKeys: readonly string[]
  /** Paths of files `trusted_root.json`. */
  readonly trustedRoots: readonly string[]
  /** Addresses and networks. */
  readonly proxies: readonly string[]
  /** Left out where the server sends every file itself. */
  readonly xAccelLocation?: string
  /** Left out for the default of the routes. */
  readonly maxEntryBytes?: number
  readonly gates: readonly GateConfiguration[]
}

/**
 * The file that was asked for, which must be there, else that of the data directory, which need not. Paths in it are
 * relative to it, and come back absolute. Throws `server.configuration` with the line.
 */
export async function readConfiguration(
  { data, asked }: { readonly data: string; readonly asked?: string | undefined },
  files: Files,
): Promise<ConfigurationFile> {
  const path = resolve(asked ?? join(data, CONFIGURATION_FILE))
  if (asked === undefined && !(await files.exists(path)))
    return { path: undefined, issuers: [], rekorKeys: [], trustedRoots: [], proxies: [], gates: [] }
  const { issuers, rekor, seals, http, registry, gates } = checked(path, await readText(path, files))
  const folder = dirname(path)
  const maxEntryBytes = rekor['max-entry-bytes']
  const xAccelLocation = registry['x-accel-location']
  return {
    path,
    issuers: issuers.map((issuer) => withAbsolutePath(issuer, folder)),
    rekorKeys: rekor.keys.map((file) => resolve(folder, file)),
    trustedRoots: seals['trusted-roots'].map((file) => resolve(folder, file)),
    proxies: http.proxies,
    gates: gates.map((gate) => gateConfiguration(gate, folder)),
    ...(maxEntryBytes === undefined ? {} : { maxEntryBytes }),
    ...(xAccelLocation === undefined ? {} : { xAccelLocation }),
  }
}

function withAbsolutePath({ jwks, ...issuer }: IssuerConfiguration, folder: string): IssuerConfiguration {
  return jwks === undefined ? issuer : { ...issuer, jwks: resolve(folder, jwks) }
}

async function readText(path: string, files: Files): Promise<string> {
  try {
    return utf8Decode(await files.read(path, MAX_BYTES))
  } catch (cause) {
    const words = describeError(cause)
    throw serverErrors('server.configuration', words.startsWith(path) ? words : `${path}: ${words}`, {
      cause,
    })
  }
}

function checked(path: string, toml: string): v.InferOutput<typeof Configuration> {
  const result = parseToml(toml, Configuration)
  if (result.ok) return result.value
  const { position, fact, hint } = result.complaint
  throw serverErrors(
    'server.configuration',
    `${path}:${position}: ${fact}`,
    hint === undefined ? {} : { hint },
  )
}

function isSecure(url: string): boolean {
  if (!isIssuerUrl(url)) return true
  const { protocol, hostname } = new URL(url)
  return (
    protocol === 'https:' || ['localhost', '[::1]'].includes(hostname) || /^127(?:\.\d+){3}$/.test(hostname)
  )
}
