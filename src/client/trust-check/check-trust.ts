import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Clock, Http, Secret, Spawn } from '../../base/index.ts'
import type { TrustFiles } from '../../http/index.ts'
import { exportTrust } from '../trust-root/export.ts'
import {
  isFault,
  type Aim,
  type ClientKind,
  type Instance,
  type Place,
  type Setting,
  type Steps,
} from './aim.ts'
import { checkClock, type ClockReport } from './check-clock.ts'
import { CLIENTS } from './clients.ts'
import { findClients, type FoundClient, type UnknownClient } from './find-clients.ts'
import { signNothing } from './sign-nothing.ts'
import { emptyFolder, environmentAsSet, environmentCorrected, tryClient } from './trial.ts'
import type { Signature, Trial, TrialParts } from './trial.ts'

export interface TrustCheckRequest {
  readonly trust: TrustFiles
  /** Undefined where nobody gives one: then settings are compared, and nothing is signed. */
  readonly token: Secret | undefined
  /** Programs; empty for those on the PATH. */
  readonly programs: readonly string[]
  /** The folder of the export that the user's commands name, where it is not that of `SIGSTORE_ROOT_FILE`. */
  readonly exported: string | undefined
}

export interface TrustCheckPorts {
  readonly spawn: Spawn
  readonly http: Http
  readonly clock: Clock
  readonly place: Omit<Place, 'exported'>
  readonly signal: AbortSignal
  readonly onClient: (program: string) => void
}

export interface ClientReport {
  readonly client: ClientKind
  readonly version: string
  readonly program: string
  /** Undecided where nothing could be signed. */
  readonly outcome: 'passed' | 'failed' | 'undecided'
  readonly settings: readonly Setting[]
  /** As this user has it; null where it was not run, for it would have asked others. */
  readonly asSet: Trial | null
  readonly elsewhere: readonly string[]
  /** With the export alone; null where it was not needed. */
  readonly corrected: Trial | null
}

export interface TrustCheckReport {
  readonly url: string
  readonly clock: ClockReport
  readonly identity: string | null
  readonly clients: readonly ClientReport[]
  readonly unknown: readonly UnknownClient[]
}

/** The slowest of them, Python, takes two seconds; cosign tries an address that does not answer for half a minute. */
const LIMIT_MS = 60_000

/** Throws `net.…` where the instance does not answer, and `sign.…` where it signs nothing itself. */
export async function checkTrust(
  request: TrustCheckRequest,
  ports: TrustCheckPorts,
): Promise<TrustCheckReport> {
  const instance = { url: request.trust.url, trust: request.trust }
  const clock = await checkClock(instance.url, ports)
  const signature = await signatureOf(request, { instance, clock }, ports)
  const runner = { ...ports, limitMs: LIMIT_MS }
  const folder = await mkdtemp(join(tmpdir(), 'wheelseal-trust-check-'))
  try {
    const finding = { ...runner, ...ports.place, home: folder }
    const programs = await findClients(request.programs, finding)
    const place = { ...ports.place, exported: request.exported ?? (await exportOf(ports.place)) }
    const clients: ClientReport[] = []
    for (const client of programs) {
      if (client.kind === null) continue
      ports.onClient(client.program)
      clients.push(await checkClient(client, { instance, place, signature, folder, runner }))
    }
    const unknown = programs.filter((one) => one.kind === null)
    return { url: instance.url, clock, identity: signature?.identity ?? null, clients, unknown }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** With a clock that is wrong our own signing fails too, and the clock is what has to be told. */
async function signatureOf(
  { token }: TrustCheckRequest,
  { instance, clock }: { readonly instance: Instance; readonly clock: ClockReport },
  ports: TrustCheckPorts,
): Promise<Signature | undefined> {
  if (token === undefined) return undefined
  try {
    return await signNothing(instance, token, ports)
  } catch (error) {
    if (clock.isRight) throw error
    return undefined
  }
}

/** `cosign.env` names the files beside those that the other clients read. */
async function exportOf({ env, files }: Omit<Place, 'exported'>): Promise<string | undefined> {
  const { SIGSTORE_ROOT_FILE: file } = env
  if (!file) return undefined
  const folder = dirname(file)
  return (await files.exists(join(folder, 'trusted_root.json'))) ? folder : undefined
}

interface Checking {
  readonly instance: Instance
  readonly place: Place
  readonly signature: Signature | undefined
  /** For everything that is written. */
  readonly folder: string
  readonly runner: Pick<TrialParts, 'spawn' | 'signal' | 'limitMs'>
}

async function checkClient(client: FoundClient, checking: Checking): Promise<ClientReport> {
  const { place, instance, signature } = checking
  const aim = await CLIENTS[client.kind].aim(place, instance)
  const head = {
    client: client.kind,
    version: client.version,
    program: client.program,
    settings: aim.settings,
    elsewhere: aim.elsewhere,
  }
  const isFaulty = aim.settings.some(isFault)
  if (signature === undefined)
    return { ...head, outcome: isFaulty ? 'failed' : 'undecided', asSet: null, corrected: null }
  const trying = { ...checking, signature, client }
  const asSet = aim.elsewhere.length > 0 ? null : await tryAsSet(aim, trying)
  if (asSet?.outcome === 'passed' && !isFaulty) return { ...head, outcome: 'passed', asSet, corrected: null }
  return { ...head, outcome: 'failed', asSet, corrected: await tryCorrected(trying) }
}

interface Trying extends Checking {
  readonly signature: Signature
  readonly client: FoundClient
}

async function tryAsSet(aim: Aim, trying: Trying): Promise<Trial> {
  const folder = await emptyFolder(trying.folder, 'as-set')
  const left = aim.settings.filter(({ isLeftOut }) => isLeftOut === true).map(({ name }) => name)
  const env = await environmentAsSet(trying.place, { home: join(folder, 'home'), left })
  return tryWith(aim.steps, { ...trying, folder, env })
}

async function tryCorrected(trying: Trying): Promise<Trial> {
  const { client, place, instance } = trying
  const folder = await emptyFolder(trying.folder, 'corrected')
  const fresh = join(folder, 'trust')
  await exportTrust(instance.trust, fresh)
  const { steps, set } = CLIENTS[client.kind].corrected(instance, fresh)
  const env = environmentCorrected(place, { home: join(folder, 'home'), set })
  return tryWith(steps, { ...trying, folder, env })
}

function tryWith(
  steps: Steps,
  { runner, client, signature, folder, env }: Trying & Pick<TrialParts, 'folder' | 'env'>,
): Promise<Trial> {
  return tryClient({ ...runner, client, steps, env, signature, folder })
}
