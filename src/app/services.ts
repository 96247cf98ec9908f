import { join } from 'node:path'
import { createAccess, type Access } from '../access/index.ts'
import type { Clock, Entropy, Log } from '../base/index.ts'
import { createMetrics, type Metrics } from '../http/index.ts'
import { createPipelines, type Pipelines } from '../pipelines/index.ts'
import { createRegistry, type Registry } from '../registry/index.ts'
import { createFolderTraces, makeFolder, openFolderBlobs } from '../storage/folder/index.ts'
import {
  createAccessStore,
  createPipelineStore,
  createRegistryStore,
  migrations,
  openDatabase,
  type Database,
} from '../storage/sqlite/index.ts'
import { createIssuer, type Issuer } from '../trust/issuer/index.ts'
import type { DataDirectory, Instance } from './data-directory.ts'
import { loadKeys } from './keys.ts'
import { addGauges } from './metrics.ts'
import { databasePath } from './paths.ts'
import { openTrust, type Trust } from './trust.ts'

export interface Services {
  readonly url: string
  readonly access: Access
  readonly registry: Registry
  readonly pipelines: Pipelines
  readonly issuer: Issuer
  readonly trust: Trust
  readonly metrics: Metrics
  close(): Promise<void>
}

export interface ServicePorts {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Log
}

/** Builds every service on a directory that is an instance. The caller holds the directory's lock. */
export async function openServices(
  { path }: DataDirectory,
  instance: Instance,
  ports: ServicePorts,
): Promise<Services> {
  const database = await openDatabase(databasePath(path), migrations)
  try {
    return await build({ path, instance, database, ports })
  } catch (error) {
    await database.destroy()
    throw error
  }
}

interface Parts {
  readonly path: string
  readonly instance: Instance
  readonly database: Database
  readonly ports: ServicePorts
}

async function build({ path, instance, database, ports }: Parts): Promise<Services> {
  const { url } = instance
  const keys = await loadKeys(path)
  const blobs = await openFolderBlobs(await folder(path, 'blobs'), ports.entropy)
  const access = createAccess({ store: createAccessStore(database), ...ports })
  const issuer = createIssuer({ url, key: keys.issuer, ...ports })
  const pipelines = createPipelines({
    ...ports,
    store: createPipelineStore(database),
    traces: createFolderTraces(await folder(path, 'traces')),
    blobs,
    jobTokens: {
      issue: (grant) => access.issueJobToken(grant),
      revoke: (jobId) => access.revokeJobTokens(jobId),
    },
    mintIdToken: (subject, terms) => issuer.mint(subject, terms),
    externalUrl: url,
  })
  const trust = await openTrust({
    ...ports,
    path,
    database,
    instance,
    keys,
    issuer,
    isJobRunning: (jobId) => pipelines.isJobRunning(jobId),
  })
  const registry = createRegistry({ store: createRegistryStore(database), blobs, ...ports })
  const metrics = createMetrics()
  addGauges({ trust, metrics }, ports.clock)
  return { url, access, registry, pipelines, issuer, trust, metrics, close: () => database.destroy() }
}

async function folder(path: string, name: string): Promise<string> {
  const place = join(path, name)
  await makeFolder(place)
  return place
}
