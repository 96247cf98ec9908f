import { join } from 'node:path'
import {
  createAccess,
  createAudit,
  createPublishers,
  withPublishers,
  type Access,
  type Audit,
  type JobBelief,
  type Publishers,
} from '../access/index.ts'
import type { Blobs, Clock, Entropy, Log } from '../base/index.ts'
import { makeFolder, systemClock } from '../host/index.ts'
import { createMetrics, type Metrics } from '../http/index.ts'
import {
  createPipelineListing,
  createPipelines,
  LISTED_AT_MOST,
  MAX_MANAGERS,
  createRunners,
  watchQueue,
  type PipelineListing,
  type Pipelines,
  type QueueVersion,
  type Runners,
  type Traces,
} from '../pipelines/index.ts'
import { finishPushes, type RepositoryParts } from '../repositories/index.ts'
import { createRegistry, createSeals, type Registry, type Seals } from '../registry/index.ts'
import { createFolderTraces, openFolderBlobs, withReserve, type Reserve } from '../storage/folder/index.ts'
import {
  createAccessStore,
  createAuditStore,
  createGenericStore,
  createPackagesStore,
  createPipelineLists,
  createPipelineStore,
  createPublisherStore,
  createRegistryStore,
  createRunnerRows,
  createSealStore,
  migrations,
  type Database,
} from '../storage/sql/index.ts'
import { openDatabase } from '../storage/sqlite/index.ts'
import type { AcceptedIssuer } from '../trust/authority/index.ts'
import { createIssuer, type Issuer } from '../trust/issuer/index.ts'
import type { TufRepository } from '../trust/tuf/index.ts'
import { checkBeginnings, checkBelongings } from './data/belongings.ts'
import type { ClockWatch } from './health/clock-watch.ts'
import { wasRestored } from './backup/contents.ts'
import { hasLogs, refuseMissingLogs } from './data/data-checks.ts'
import type { DataDirectory, Instance } from './data/data-directory.ts'
import { openIssuerKeys, type IssuerKeys } from './keys/issuer-keys.ts'
import { loadKeys, type InstanceKeys } from './keys/keys.ts'
import { lostLogs, openLogs, sayLostAnchor, type Logs } from './sigstore/logs.ts'
import { addGauges } from './health/metrics.ts'
import type { GateConfiguration } from './gate/configuration.ts'
import { openInstanceGates } from './gate/instance-gates.ts'
import type { OpenGates } from './gate/open-gates.ts'
import { anchorPath, databasePath, ownerOf } from './data/paths.ts'
import { createPublishingTokens, type PublishingTokens } from './sigstore/publishing-tokens.ts'
import { openRepositories } from './data/repositories.ts'
import { openSigstore, type PrivateSigstore } from './sigstore/sigstore.ts'
import { NO_SEAL_SETTINGS, sealServices, type SealSettings } from './sigstore/seals.ts'
import { openInstanceTuf } from './sigstore/tuf-repository.ts'

export interface Services {
  readonly url: string
  readonly access: Access
  readonly audit: Audit
  readonly publishers: Publishers
  readonly publishingTokens: PublishingTokens
  readonly registry: Registry
  readonly seals: Seals
  readonly pipelines: Pipelines
  readonly listing: PipelineListing
  readonly runners: Runners
  readonly queueVersion: QueueVersion
  readonly traces: Traces
  readonly repositories: RepositoryParts
  /** Of one push, as it is sent. */
  readonly maxPushBytes: number
  readonly issuer: Issuer
  readonly issuerKeys: IssuerKeys
  readonly trust: PrivateSigstore
  readonly metrics: Metrics
  readonly gates: OpenGates
  close(): Promise<void>
}

export interface ServicePorts {
  readonly clock: Clock
  /** Left out where nothing is signed for long. */
  readonly watch?: ClockWatch
  readonly entropy: Entropy
  readonly log: Log
  /** What new files and entries must leave free; left out where none are taken. */
  readonly reserve?: Reserve
  /** Where the newest heads of the logs are kept; left out for the user's state folder. */
  readonly anchor?: string | undefined
  /** Whose id tokens the authority takes beside our own; none where left out. */
  readonly foreign?: readonly AcceptedIssuer[]
  /** Canonical PEM of the keys that may write to Rekor; none where left out. */
  readonly rekorKeys?: ReadonlySet<string>
  /** None where left out. */
  readonly gates?: readonly GateConfiguration[]
  /** Left out: the own authority and log alone. */
  readonly seals?: SealSettings
  /** Of one push, as it is sent; default 2 GiB. */
  readonly maxPushBytes?: number | undefined
}

/** Builds every service on a directory that is an instance. The caller holds the directory's lock. */
export async function openServices(
  { path }: DataDirectory,
  instance: Instance,
  ports: ServicePorts,
): Promise<Services> {
  const isRestored = await wasRestored(path)
  const isLost = isRestored && !(await hasLogs(path))
  if (!isLost) await refuseMissingLogs(path)
  const keys = await loadKeys(path)
  const repository = await openInstanceTuf(path, keys.tuf, ports)
  await checkBelongings({ path, instance, keys, repository })
  const undo: (() => Promise<void>)[] = []
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step()
  }
  try {
    const database = await openDatabase(databasePath(path), migrations, {
      isKept: true,
      owner: ownerOf(instance),
    })
    undo.push(() => database.destroy())
    const anchor = ports.anchor ?? anchorPath(instance)
    const { clock, watch, reserve } = ports
    const logsParts = { path, instance, keys, clock, doubt: watch?.doubt, reserve, anchorPath: anchor }
    const logs = isLost ? lostLogs() : await openLogs({ ...logsParts, isRestored })
    undo.push(() => logs.close())
    sayLostAnchor(logs, anchor, ports.log)
    if (!isLost) await checkBeginnings({ path, instance, keys, logs })
    const parts = { path, instance, keys, repository, database, logs, ports }
    return { ...(await open(parts, undo)), close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Each step leaves in `undo` how it is taken back. */
async function open(parts: Parts, undo: (() => Promise<void>)[]): Promise<Omit<Services, 'close'>> {
  const built = await build(parts)
  undo.push(() => built.seals.stop())
  const pushes = await openRepositories({ ...built, ...parts })
  undo.push(() => pushes.repositories.git.close())
  // What a crash left of pushes, before there can be others.
  await finishPushes(pushes.repositories)
  const gates = await openInstanceGates({ ...built, ...parts })
  undo.push(() => gates.close())
  return { ...built, ...pushes, gates }
}

interface Parts {
  readonly path: string
  readonly instance: Instance
  readonly keys: InstanceKeys
  readonly repository: TufRepository
  readonly database: Database
  readonly logs: Logs
  readonly ports: ServicePorts
}

async function build(
  parts: Parts,
): Promise<Omit<Services, 'close' | 'repositories' | 'maxPushBytes' | 'gates'>> {
  const { path, instance, keys, repository, database, logs, ports } = parts
  const { url } = instance
  const folderBlobs = await openFolderBlobs(await folder(path, 'blobs'), ports)
  const blobs = ports.reserve === undefined ? folderBlobs : withReserve(folderBlobs, ports.reserve)
  const isBelieved = beliefIn(() => ({ pipelines, access }))
  const people = accessOf(database, ports, isBelieved)
  const { access } = people
  const issuerKeys = await openIssuerKeys(path, ports.clock)
  const issuer = createIssuer({ url, keys: issuerKeys.ring, ...ports })
  const traces = createFolderTraces(await folder(path, 'traces'))
  const running = openPipelines({ url, traces, blobs, database, access, issuer, ports })
  const { pipelines } = running
  const trust = await openSigstore({
    ...ports,
    clock: ports.watch?.believed ?? ports.clock,
    repository,
    logs,
    instance,
    keys,
    issuer,
    foreign: ports.foreign ?? [],
    rekorKeys: ports.rekorKeys ?? new Set(),
    isJobRunning: isBelieved,
  })
  const { registry, seals } = openRegistry({ url, trust, access, blobs, database, ports })
  const metrics = createMetrics()
  addGauges({ trust, metrics }, ports.clock)
  const publishingTokens = createPublishingTokens({ issuer, isBelieved, ...ports })
  return { url, ...people, publishingTokens, registry, seals, ...running, issuer, issuerKeys, trust, metrics }
}

interface PipelineServices extends Pick<Services, 'url' | 'access' | 'issuer' | 'traces'> {
  readonly blobs: Blobs
  readonly database: Database
  readonly ports: ServicePorts
}

function openPipelines({
  url,
  access,
  issuer,
  database,
  ports,
  ...files
}: PipelineServices): Pick<Services, 'pipelines' | 'listing' | 'runners' | 'queueVersion' | 'traces'> {
  const { store, version: queueVersion } = watchQueue(createPipelineStore(database), ports)
  const pipelines = createPipelines({
    ...ports,
    ...files,
    store,
    jobTokens: {
      issue: (grant) => access.issueJobToken(grant),
      revoke: (jobId) => access.revokeJobTokens(jobId),
    },
    mintIdToken: (subject, terms) => issuer.mint(subject, terms),
    externalUrl: url,
  })
  const runners = createRunners({
    store,
    rows: createRunnerRows(database, { maxManagers: MAX_MANAGERS }),
    ...ports,
  })
  const lists = createPipelineLists(database, { lookedAt: LISTED_AT_MOST })
  const nowMs = (): number => ports.clock.nowMs()
  const listing = createPipelineListing({ pipelines, store, lists, ...files, nowMs })
  return { pipelines, listing, runners, queueVersion, traces: files.traces }
}

/** Asked first when there are pipelines. */
function beliefIn(services: () => Pick<Services, 'pipelines' | 'access'>): JobBelief {
  return async (jobId) => {
    const { pipelines, access } = services()
    return (await pipelines.isJobRunning(jobId)) && !(await access.isJobBlocked(jobId))
  }
}

function accessOf(
  database: Database,
  ports: ServicePorts,
  isBelieved: JobBelief,
): Pick<Services, 'access' | 'audit' | 'publishers'> {
  const publishers = createPublishers({ publishers: createPublisherStore(database), ...ports })
  const access = createAccess({ store: createAccessStore(database), ...ports })
  const audit = createAudit({ store: createAuditStore(database), ...ports })
  return { access: withPublishers(access, { publishers, isBelieved }), audit, publishers }
}

interface RegistryParts extends Pick<Services, 'url' | 'trust' | 'access'> {
  readonly blobs: Blobs
  readonly database: Database
  readonly ports: ServicePorts
}

function openRegistry({
  blobs,
  database,
  ports,
  ...judging
}: RegistryParts): Pick<Services, 'registry' | 'seals'> {
  const { clock, log } = ports
  const stores = {
    store: createRegistryStore(database),
    generic: createGenericStore(database),
    packages: createPackagesStore(database),
  }
  const seals = createSeals({
    ...sealServices({ ...judging, settings: ports.seals ?? NO_SEAL_SETTINGS }),
    store: createSealStore(database),
    files: stores.store,
    blobs,
    // Waits by real time, whatever the clock says: a clock that does not wait would never let others go on.
    clock: { ...systemClock, nowMs: () => clock.nowMs() },
    log,
  })
  return { seals, registry: createRegistry({ ...stores, blobs, clock, seals }) }
}

async function folder(path: string, name: string): Promise<string> {
  const place = join(path, name)
  await makeFolder(place)
  return place
}
