import { join } from 'node:path'
import {
  describeError,
  Secret,
  utf8Decode,
  type Clock,
  type Files,
  type Http,
  type Log,
} from '../../base/index.ts'
import { createGate, type FileCache, type Gate, type GateUpstream, type Upstream } from '../../gate/index.ts'
import { systemEntropy } from '../../host/index.ts'
import { createGateUpstream } from '../../net/index.ts'
import { createFileCache, type Reserve } from '../../storage/folder/index.ts'
import { createGateStore, type Database } from '../../storage/sql/index.ts'
import { serverErrors } from '../errors.ts'
import type {
  GateConfiguration,
  IndexPlace,
  RegistryPlace,
  UpstreamConfiguration,
  UpstreamLogin,
} from './configuration.ts'
import { openPolicy, type OpenPolicy } from './policies.ts'
import { indexKey, registryKey } from './upstream-key.ts'
import { openTrust, type OpenTrust, type OwnTrust } from './trust.ts'

export interface GatesParts {
  readonly database: Database
  /** For cached files and what TUF keeps. */
  readonly folder: string
  /** By which clients reach the server, without a slash at the end: in the sentences of refusals. */
  readonly externalUrl: string
  readonly http: Http
  readonly files: Files
  readonly clock: Clock
  readonly log: Log
  readonly reserve: Reserve
  /** Why the clock is not believed; null where it is. */
  readonly clockFact: () => string | null
  /** Of this instance; undefined where a gate stands alone. */
  readonly own: (OwnTrust & { readonly registry: (upstream: string, path: string) => Upstream }) | undefined
}

export interface OpenGate {
  readonly gate: Gate
  readonly readers: GateConfiguration['readers']
}

export interface OpenGates {
  readonly gates: readonly OpenGate[]
  /** Reads the policies again; one that is broken changes nothing, and the log has why. */
  readonly reload: () => Promise<void>
  /** What is wrong though the gates work, in words. */
  readonly warnings: () => readonly string[]
  readonly close: () => Promise<void>
}

const TRUST_REFRESH_MS = 12 * 3_600_000
const MAX_PASSWORD_BYTES = 4096

/** Throws `server.configuration`, `verify.policy-file`. */
export async function openGates(
  configured: readonly GateConfiguration[],
  parts: GatesParts,
): Promise<OpenGates> {
  const closing = new AbortController()
  const http = endingWith(closing.signal, parts.http)
  const opened: (OpenGate & Behind)[] = []
  for (const one of configured) opened.push(await openGate(one, { ...parts, http }))
  void refreshTrust(
    opened.flatMap(({ trusts }) => trusts),
    parts.clock,
    closing.signal,
  )
  return {
    gates: opened.map(({ gate, readers }) => ({ gate, readers })),
    reload: async () => {
      for (const { policy } of opened) await policy.reload()
    },
    warnings: () => opened.flatMap(({ gate, policy }) => brokenPolicy(gate.name, policy)),
    close: async () => {
      closing.abort()
      for (const { gate } of opened) await gate.close()
    },
  }
}

/** A fetch under way would keep a server that is told to end. */
function endingWith(ending: AbortSignal, http: Http): Http {
  return {
    request: ({ signal, ...request }) =>
      http.request({ ...request, signal: signal === undefined ? ending : AbortSignal.any([signal, ending]) }),
  }
}

function brokenPolicy(gate: string, policy: OpenPolicy): readonly string[] {
  const { broken } = policy.now()
  return broken === undefined
    ? []
    : [`gate ${gate} keeps its last good policy, the file is broken: ${broken}`]
}

interface Behind {
  readonly policy: OpenPolicy
  readonly trusts: readonly OpenTrust[]
}

async function openGate(configured: GateConfiguration, parts: GatesParts): Promise<OpenGate & Behind> {
  const { name, mode, readers, staleForMs } = configured
  const { clock, log } = parts
  const policy = await openPolicy(configured, parts)
  const opened = await openUpstreams(configured, parts)
  const gate = createGate({
    name,
    mode,
    url: `${parts.externalUrl}/gate/${name}`,
    upstreams: opened.map(({ upstream }) => upstream),
    policy: policy.now,
    staleForMs,
    clockFact: parts.clockFact,
    store: createGateStore(parts.database),
    cache: await openCache(configured, parts),
    clock,
    log,
  })
  return { gate, readers, policy, trusts: opened.map(({ trust }) => trust) }
}

function openCache({ name, keepBytes: maxBytes }: GateConfiguration, parts: GatesParts): Promise<FileCache> {
  return createFileCache({ ...parts, folder: join(parts.folder, name), maxBytes, entropy: systemEntropy })
}

async function openUpstreams(
  { upstreams }: GateConfiguration,
  parts: GatesParts,
): Promise<readonly { readonly upstream: GateUpstream; readonly trust: OpenTrust }[]> {
  const opened: { upstream: GateUpstream; trust: OpenTrust }[] = []
  for (const one of upstreams) {
    const trust = await openTrust(one, { ...parts, cacheFolder: join(parts.folder, 'tuf') })
    opened.push({ trust, upstream: await openUpstream(one, trust, parts) })
  }
  return opened
}

async function openUpstream(
  configured: UpstreamConfiguration,
  trust: OpenTrust,
  parts: GatesParts,
): Promise<GateUpstream> {
  const { name, place, names, maxFileBytes, metadata } = configured
  const reached =
    place.kind === 'index' ? await openIndex(name, place, parts) : openRegistry(name, place, parts)
  return {
    name,
    ...reached,
    ...(names === undefined ? {} : { names }),
    trust: trust.now,
    askLog: (seal, sha256) => trust.logEntries.find(seal, sha256),
    maxFileBytes,
    metadata,
  }
}

type Reached = Pick<GateUpstream, 'key' | 'client' | 'seals' | 'hasProvenanceUrl'>

async function openIndex(name: string, place: IndexPlace, parts: GatesParts): Promise<Reached> {
  const { seals, provenanceUrl } = place
  const account = place.login ?? (await readAccount(name, place, parts.files))
  const login = account === undefined ? {} : { login: account }
  const ports = { env: process.env, files: parts.files, clock: parts.clock }
  return {
    key: indexKey(place, account),
    client: createGateUpstream({ name, ...place, ...login }, ports),
    seals,
    hasProvenanceUrl: provenanceUrl !== undefined,
  }
}

/** Throws `server.configuration`. */
function openRegistry(name: string, { path }: RegistryPlace, { own }: GatesParts): Reached {
  if (own === undefined)
    throw serverErrors('server.configuration', `upstream ${name}: a gate alone has no registry`, {
      hint: 'give the URL of the index, or configure the gate in the wheelseal.toml of the server',
    })
  // Its seals lie beside the files: a page does not tell which files have none.
  return {
    key: registryKey(path),
    client: own.registry(name, path),
    seals: 'beside',
    hasProvenanceUrl: false,
  }
}

async function readAccount(
  name: string,
  { account }: IndexPlace,
  files: Files,
): Promise<UpstreamLogin | undefined> {
  if (account === undefined) return undefined
  try {
    const bytes = await files.read(account.passwordFile, MAX_PASSWORD_BYTES)
    return { username: account.username, password: new Secret(utf8Decode(bytes).trimEnd()) }
  } catch (cause) {
    throw serverErrors('server.configuration', `upstream ${name}: ${describeError(cause)}`, { cause })
  }
}

/** At once, then twice a day. */
async function refreshTrust(trusts: readonly OpenTrust[], clock: Clock, signal: AbortSignal): Promise<void> {
  try {
    for (;;) {
      for (const one of trusts) await one.refresh()
      await clock.sleep(TRUST_REFRESH_MS, signal)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
