import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'
import { sha256Hex, utf8, type Clock } from '../../../base/index.ts'
import type { GateUrl } from '../../gate-url/index.ts'
import { askGate, releaseKey, type AskIo, type ReleaseAnswer } from '../ask-gate.ts'
import { auditErrors } from '../errors.ts'
import { judgeFiles } from '../judge-release.ts'
import {
  worst,
  type AuditedDistribution,
  type AuditFinding,
  type AuditReport,
  type AuditState,
} from '../report.ts'
import { isThroughGate } from '../through-gate.ts'
import { chooseWheel } from './choose-wheel.ts'
import { compareInstalled } from './compare.ts'
import { openDisk, type Disk } from './disk.ts'
import { fetchRecord, type FetchIo } from './fetch-wheel.ts'
import { findSites } from './find-sites.ts'
import { readInstalled, type Installed, type Origin, type Unreadable } from './installed.ts'
import { lookAround } from './look-around.ts'

export interface EnvironmentRequest {
  readonly path: string
  readonly gate: GateUrl
}

export interface EnvironmentIo extends AskIo {
  readonly clock: Clock
  readonly onCount?: (count: number) => void
}

const AT_ONCE = 4

/**
 * Every distribution of an environment against the wheel that the gate serves. No code of the environment runs. Throws
 * `audit.target`, `gate.upstream`, `client.gate-access`.
 */
export async function auditEnvironment(
  { path, gate }: EnvironmentRequest,
  io: EnvironmentIo,
): Promise<AuditReport> {
  const sites = await findSites(path)
  if (sites === undefined) throw auditErrors('audit.target', `${path} has no folder site-packages`)
  const disk = openDisk(sites.root)
  const all = await readInstalled(sites, disk)
  const installed = all.filter((one): one is Installed => 'name' in one)
  io.onCount?.(new Set(installed.map(releaseKey)).size)
  const answers = await askGate(
    gate,
    installed.filter(({ origin }) => isAsked(origin)),
    io,
  )
  const distributions = await inFolder((folder) =>
    eachOf(all, async (one) => {
      if (!('name' in one)) return unreadable(one)
      const place = join(folder, sha256Hex(utf8(one.info)))
      return judgeInstalled(one, { answer: answers.get(releaseKey(one)), gate, disk, io: { ...io, place } })
    }),
  )
  const { findings, bytecodeFiles } = await lookAround(sites, recordedOf(installed))
  return {
    target: path,
    kind: 'environment',
    gate: { name: gate.name, url: gate.url },
    distributions,
    findings: [...findings, ...bytecodeFindings(bytecodeFiles)],
    bytecodeFiles,
    identitiesWritten: 0,
  }
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'wheelseal-audit-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** In the order of the list, some at once. */
async function eachOf<T, U>(list: readonly T[], work: (one: T) => Promise<U>): Promise<readonly U[]> {
  const done = new Map<number, U>()
  const open = [...list.entries()].toReversed()
  const run = async (): Promise<void> => {
    for (let next = open.pop(); next !== undefined; next = open.pop()) done.set(next[0], await work(next[1]))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, run))
  return [...done].toSorted(([a], [b]) => a - b).map(([, value]) => value)
}

function isAsked(origin: Origin | undefined): boolean {
  return origin === undefined || origin.kind === 'archive'
}

/** Every path of RECORD files, from the root. */
function recordedOf(installed: readonly Installed[]): ReadonlySet<string> {
  const paths = new Set<string>()
  for (const { site, record } of installed) for (const { path } of record) paths.add(posix.join(site, path))
  return paths
}

function bytecodeFindings(count: number): readonly AuditFinding[] {
  if (count === 0) return []
  const fact = `${count.toLocaleString('en-US')} bytecode files have no hash and were not looked at`
  return [{ code: 'audit.bytecode', severity: 'warning', fact }]
}

function unreadable({ info, fact }: Unreadable): AuditedDistribution {
  const finding: AuditFinding = {
    code: 'audit.undecided',
    severity: 'error',
    fact: `${info} ${fact}`,
    file: info,
  }
  return { name: null, version: null, shown: posix.basename(info), state: 'undecided', findings: [finding] }
}

interface Judging {
  readonly answer: ReleaseAnswer | undefined
  readonly gate: GateUrl
  readonly disk: Disk
  readonly io: FetchIo
}

async function judgeInstalled(installed: Installed, judging: Judging): Promise<AuditedDistribution> {
  const { origin } = installed
  if (origin?.kind === 'folder') return judged(installed, { state: 'local', findings: [LOCAL] })
  if (origin?.kind === 'repository')
    return judged(installed, found('audit.around', `was installed from the repository ${origin.url}`))
  const tied = await tie(installed, judging)
  if (!isAround(origin, { tied, gateUrl: judging.gate.url })) return judged(installed, tied)
  const around = found('audit.around', `was installed from ${origin?.url}`)
  return judged(installed, {
    ...tied,
    state: tied.state === 'unknown' ? 'around' : worst([tied.state, 'around']),
    findings: [...around.findings, ...tied.findings.filter(({ code }) => code !== 'audit.unknown')],
  })
}

/** A file of this machine may be one that the gate serves: then its bytes were compared with those. */
function isAround(
  origin: Origin | undefined,
  { tied, gateUrl }: { readonly tied: Tied; readonly gateUrl: string },
): boolean {
  if (origin === undefined || isThroughGate(origin.url, gateUrl)) return false
  return !origin.url.startsWith('file:') || tied.state === 'unknown' || tied.state === 'built'
}

/** By its own word, which whoever changes an environment can write into any distribution. */
const LOCAL: AuditFinding = {
  code: 'audit.local',
  severity: 'warning',
  fact: 'says that it was installed from a folder, and was compared with nothing',
}

type Tied = Pick<AuditedDistribution, 'state' | 'findings' | 'exemptUntil'>

function judged({ name, version }: Installed, tied: Tied): AuditedDistribution {
  return { name, version, shown: `${name} ${version}`, ...tied }
}

const STATES: Readonly<Record<string, AuditState>> = {
  'audit.around': 'around',
  'audit.unknown': 'unknown',
  'audit.undecided': 'undecided',
}

function found(code: keyof typeof STATES, fact: string): Tied {
  return { state: STATES[code] ?? 'undecided', findings: [{ code, severity: 'error', fact }] }
}

/** To the wheel that was installed. */
async function tie(installed: Installed, judging: Judging): Promise<Tied> {
  const { answer } = judging
  if (answer === undefined || answer.kind === 'unknown')
    return found('audit.unknown', 'the gate knows no such release')
  if (answer.kind === 'failed') return found('audit.undecided', answer.fact)
  const choice = chooseWheel(installed, answer.report.files)
  if (choice.kind === 'none') return found('audit.unknown', 'the gate has no such wheel of this release')
  if (choice.kind === 'built') return builtOf(judgeFiles(choice.sdists))
  const ofWheel = judgeFiles([choice.file])
  // What is refused is not served either.
  if (choice.file.outcome !== 'allowed') return ofWheel
  const wheel = await fetchRecord(judging.gate, choice.file, judging.io)
  if (wheel.kind === 'failed') return found('audit.undecided', wheel.fact)
  const changes = await compareInstalled(installed, { wheel: wheel.record, disk: judging.disk })
  return changes.length === 0 ? ofWheel : { ...ofWheel, state: 'changed', findings: changes }
}

/** Of an sdist that the gate refuses or not: what was made of it is compared with nothing. */
function builtOf(sdists: Tied): Tied {
  const finding: AuditFinding = {
    code: 'audit.built',
    severity: 'warning',
    fact: 'was built here from an sdist, and cannot be tied to a wheel',
  }
  return { ...sdists, state: worst([sdists.state, 'built']), findings: [finding, ...sdists.findings] }
}
