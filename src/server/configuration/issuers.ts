import {
  describeError,
  utf8Decode,
  WheelsealError,
  type Clock,
  type Files,
  type Http,
  type Log,
} from '../../base/index.ts'
import { systemClock, systemFiles } from '../../host/index.ts'
import { proxyList } from '../../http/index.ts'
import { parseKeySet } from '../../identity/index.ts'
import { createHttp } from '../../net/index.ts'
import { createDiscoveredKeys, onlyProjects, type AcceptedIssuer } from '../../trust/authority/index.ts'
import { readListedKeys } from '../sigstore/admission.ts'
import { issuersByProject, readSealRoots, type SealSettings } from '../sigstore/seals.ts'
import { readConfiguration, type IssuerConfiguration } from './configuration.ts'
import { serverErrors } from '../errors.ts'
import type { GateConfiguration } from '../gate/configuration.ts'
import { readGatePolicy } from '../gate/policies.ts'

export interface IssuerPorts {
  readonly http: Http
  readonly files: Files
  readonly clock: Clock
  readonly log: Log
}

export interface ForeignIssuers {
  readonly issuers: readonly AcceptedIssuer[]
  /** Fetches the keys that are not pinned, so that a mistake shows in the log at the start. Never rejects. */
  readonly warmUp: () => Promise<void>
}

interface OtherSettings {
  readonly seals: SealSettings
  readonly rekorKeys: ReadonlySet<string>
  readonly proxies: ReturnType<typeof proxyList>
  readonly maxEntryBytes?: number
  readonly xAccelLocation?: string
  readonly gates: readonly GateConfiguration[]
}

/**
 * What the server's configuration says: whose tokens count, over this machine's network, which keys may write to the
 * log, which proxies are believed, and which gates there are. Throws `server.configuration`, `verify.policy-file`.
 */
export async function openConfiguration({
  data,
  config,
  log,
}: {
  readonly data: string
  readonly config?: string | undefined
  readonly log: Log
}): Promise<ForeignIssuers & OtherSettings & { close(): void }> {
  const read = await readConfiguration({ data, asked: config }, systemFiles)
  const { issuers, rekorKeys: paths, proxies, gates, maxEntryBytes, xAccelLocation } = read
  const rekorKeys = await readListedKeys(paths, systemFiles)
  // A broken policy is refused before anything is made.
  for (const gate of gates) await readGatePolicy(gate, { files: systemFiles, clock: systemClock })
  const closing = new AbortController()
  const network = createHttp({ env: process.env, files: systemFiles })
  // A fetch under way would keep a server that is told to end.
  const http: Http = { request: (request) => network.request({ ...request, signal: closing.signal }) }
  const foreign = await openForeignIssuers(issuers, { http, files: systemFiles, clock: systemClock, log })
  const roots = await readSealRoots(read.trustedRoots, { http, files: systemFiles, clock: systemClock })
  const seals = { roots, issuersOf: issuersByProject(issuers) }
  const limits = maxEntryBytes === undefined ? {} : { maxEntryBytes }
  const stored = xAccelLocation === undefined ? {} : { xAccelLocation }
  const close = (): void => closing.abort()
  return { ...foreign, rekorKeys, seals, gates, ...limits, ...stored, proxies: proxyList(proxies), close }
}

const MAX_KEY_SET_BYTES = 256 * 1024

/** The issuers of the configuration. One with a pinned key set never meets the network. Throws `server.configuration`. */
export async function openForeignIssuers(
  configured: readonly IssuerConfiguration[],
  ports: IssuerPorts,
): Promise<ForeignIssuers> {
  const opened = await Promise.all(configured.map((issuer) => openIssuer(issuer, ports)))
  return {
    issuers: opened.map(({ issuer }) => issuer),
    warmUp: async () => {
      for (const { warmUp } of opened) await warmUp()
    },
  }
}

async function openIssuer(
  { url, audience, jwks, projects, groups }: IssuerConfiguration,
  ports: IssuerPorts,
): Promise<{ readonly issuer: AcceptedIssuer; readonly warmUp: () => Promise<void> }> {
  const isOpen = projects === undefined && groups === undefined
  const rule = isOpen ? {} : { admit: onlyProjects({ projects: projects ?? [], groups: groups ?? [] }) }
  if (jwks !== undefined) {
    const keys = await pinnedKeys(jwks, ports.files)
    return { issuer: { url, audience, keys, ...rule }, warmUp: () => Promise.resolve() }
  }
  const { keys, warmUp } = createDiscoveredKeys({ url, ...ports })
  return { issuer: { url, audience, keys, ...rule }, warmUp }
}

async function pinnedKeys(path: string, files: Files): Promise<AcceptedIssuer['keys']> {
  try {
    const keys = parseKeySet(utf8Decode(await files.read(path, MAX_KEY_SET_BYTES)))
    return (keyId) => keys.get(keyId)
  } catch (cause) {
    const hint = cause instanceof WheelsealError ? { hint: cause.hint } : {}
    throw serverErrors('server.configuration', `jwks ${path}: ${describeError(cause)}`, { cause, ...hint })
  }
}
