import { openStaging, type Staging } from '../../host/index.ts'
import { createDownloader, type Downloader } from '../../net/index.ts'
import {
  chooseFiles,
  genericPlaces,
  MAX_RELEASE_BYTES,
  type ChosenFile,
  type Requirement,
} from '../../packaging/index.ts'
import { prepare, verifyTargets, type Prepared } from '../verify/index.ts'
import type { FetchIo } from './io.ts'
import { fetchPage } from './page.ts'
import { placeRelease } from './place-release.ts'
import type { FetchPlan, Place } from './plan.ts'
import { createRemoteFiles, type RemoteFiles } from './remote-files.ts'
import { remoteSeals } from './remote-seals.ts'
import type { FetchedFile, FetchReport } from './report.ts'
import { sealSource, type ReadSeal } from './seal-source.ts'

/**
 * All files of all versions are downloaded into a private folder while they are verified; only when every one is, all
 * go to their place. Throws what makes all of it a refusal: `packaging.…`, `net.…`, `client.verify-…`, `host.…`.
 */
export function fetchFiles(plan: FetchPlan, io: FetchIo): Promise<FetchReport> {
  return withReleases(plan, io, async (releases, verifying) => {
    const { files, remote } = await verified(releases, { ...verifying, seals: 'one' })
    const isVerified = files.length > 0 && files.every(({ outcome }) => outcome.verified)
    if (!isVerified) return { files, placed: [] }
    const { staging } = verifying
    return { files, placed: await placeRelease(files, { out: plan.out, remote, staging, io }) }
  })
}

/**
 * The same verification, but that every seal in the registry must hold, and that nothing is left: who signed a release,
 * for somebody who has yet to decide whom to trust. Throws as `fetchFiles`.
 */
export function judgeFiles(plan: FetchPlan, io: FetchIo): Promise<readonly FetchedFile[]> {
  return withReleases(
    plan,
    io,
    async (releases, verifying) => (await verified(releases, { ...verifying, seals: 'all' })).files,
  )
}

type Work<T> = (releases: readonly Release[], verifying: Omit<Verifying, 'seals'>) => Promise<T>

async function withReleases<T>(plan: FetchPlan, io: FetchIo, work: Work<T>): Promise<T> {
  // Before anybody is asked: a policy that cannot be read refuses all.
  const prepared = await prepare(plan.verify, io)
  const run = new AbortController()
  const signal = AbortSignal.any([io.signal, run.signal])
  const releases = await findReleases(plan, { ...io, signal })
  io.onFiles?.(releases.reduce((sum, { files }) => sum + files.length, 0))
  const staging = await openStaging(plan.out)
  try {
    const downloader = downloaderFor(plan, { ...io, signal })
    return await work(releases, { plan, prepared, downloader, staging, io })
  } finally {
    // Whoever still downloads stops before its folder is taken away.
    run.abort()
    await staging.end()
  }
}

interface Release {
  readonly requirement: Requirement
  readonly files: readonly ChosenFile[]
}

async function findReleases(plan: FetchPlan, io: FetchIo): Promise<readonly Release[]> {
  const releases: Release[] = []
  for (const requirement of plan.requirements)
    releases.push({ requirement, files: chooseFiles(await fetchPage(requirement, plan, io), requirement) })
  return releases
}

function downloaderFor({ place, login }: FetchPlan, { http, clock, signal }: FetchIo): Downloader {
  const credentials: Readonly<Record<string, string>> =
    login === undefined ? {} : { authorization: login.authorization.reveal() }
  return createDownloader({ http, clock, home: place.indexUrl, credentials, signal })
}

interface Verifying {
  readonly plan: FetchPlan
  readonly prepared: Prepared
  readonly seals: Prepared['seals']
  readonly downloader: Downloader
  readonly staging: Staging
  readonly io: FetchIo
}

interface Verified {
  readonly files: readonly FetchedFile[]
  readonly remote: RemoteFiles
}

async function verified(releases: readonly Release[], verifying: Verifying): Promise<Verified> {
  const { plan, downloader, staging, io } = verifying
  const all = releases.flatMap(({ files, requirement }) => files.map((file) => ({ file, requirement })))
  const files = all.map(({ file }) => file)
  const readSeal = sealsOfAll(releases, plan.place, downloader)
  const remote = createRemoteFiles({ files, readSeal, downloader, staging, maxBytes: MAX_RELEASE_BYTES })
  const outcomes = await verifyTargets(preparedFor(remote, files, verifying), io.onEach ?? nothing)
  io.signal.throwIfAborted()
  const fetched = all.flatMap((one, index) => {
    const outcome = outcomes[index]
    return outcome === undefined ? [] : [{ ...one, outcome }]
  })
  return { files: fetched, remote }
}

function nothing(): void {
  // Nobody asked.
}

function sealsOfAll(releases: readonly Release[], place: Place, downloader: Downloader): ReadSeal {
  const sources = releases.map(({ requirement, files }) =>
    sealSource({ files, genericUrls: genericUrls(place, requirement) }, downloader),
  )
  return async (name, maxBytes) => {
    for (const source of sources) {
      const bytes = await source(name, maxBytes)
      if (bytes !== undefined) return bytes
    }
    return undefined
  }
}

function genericUrls({ genericUrl, projectName }: Place, requirement: Requirement): readonly string[] {
  if (genericUrl === undefined) return []
  return genericPlaces(requirement, projectName).map((place) => `${genericUrl}/${place}`)
}

/** The same verification as of files in a folder, but that the files are elsewhere. */
function preparedFor(
  remote: RemoteFiles,
  files: readonly ChosenFile[],
  { prepared, seals }: Pick<Verifying, 'prepared' | 'seals'>,
): Prepared {
  const targets = files.map(({ fileName }) => ({ kind: 'file', path: fileName }) as const)
  const plan = { ...prepared.plan, targets }
  const sealsOf = remoteSeals(remote, plan.seal)
  return { ...prepared, plan, io: { ...prepared.io, files: remote }, seals, sealsOf }
}
