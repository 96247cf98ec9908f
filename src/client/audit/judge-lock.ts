import type { LockedDistribution, LockedFile } from '../../formats/python/locks/index.ts'
import type { ReleaseAnswer } from './ask-gate.ts'
import { judgeFiles, judgeIdentities } from './judge-release.ts'
import type { FileReport } from '../../gate/index.ts'
import { worst, type AuditedDistribution, type AuditFinding, type AuditState } from './report.ts'
import { isThroughGate } from './through-gate.ts'

export interface LockedJudgement extends AuditedDistribution {
  /** The files of the lock, as the gate has them. */
  readonly files: readonly FileReport[]
}

/** One package of a lock by what the gate says of its release; no answer where no release is named. */
export function judgeLocked(
  locked: LockedDistribution,
  { answer, gateUrl }: { readonly answer: ReleaseAnswer | undefined; readonly gateUrl: string },
): LockedJudgement {
  const around = aroundOf(locked, gateUrl)
  if (locked.source.kind === 'path' && locked.files.length === 0)
    return judged(locked, { states: ['local'], findings: [], files: [] })
  const matched = matchOf(locked, answer)
  // What comes from elsewhere need not be known.
  const isKnown = matched.findings.every(({ code }) => code !== 'audit.unknown')
  const isLocalFile = locked.source.kind === 'path' && isKnown && matched.files.length > 0
  const findings = [
    ...(isLocalFile ? [] : around),
    ...matched.findings.filter(({ code }) => around.length === 0 || !MISSING.has(code)),
  ]
  return judged(locked, { ...matched, findings })
}

const MISSING: ReadonlySet<string> = new Set(['audit.unknown', 'audit.undecided'])

interface Parts {
  readonly states: readonly AuditState[]
  readonly findings: readonly AuditFinding[]
  readonly files: readonly FileReport[]
}

function judged(locked: LockedDistribution, { states, findings, files }: Parts): LockedJudgement {
  const { name, version, line } = locked
  const { exemptUntil, ...ofFiles } = judgeFiles(files)
  const own = findings.map(({ code }) => STATES[code] ?? 'local')
  const state = worst([...states, ...(files.length > 0 ? [ofFiles.state] : []), ...own])
  const all = [...findings, ...ofFiles.findings, ...judgeIdentities(locked.identities, files)]
  return {
    name,
    version,
    shown: shownName(locked),
    state: all.some(({ code }) => code.startsWith('audit.identity')) ? worst([state, 'changed']) : state,
    findings: all.map((finding) => Object.assign({}, finding, { line })),
    files,
    ...(exemptUntil === undefined ? {} : { exemptUntil }),
  }
}

/** What a finding makes of its distribution; the others are said beside the state. */
const STATES: Readonly<Record<string, AuditState>> = {
  'audit.around': 'around',
  'audit.unknown': 'unknown',
  'audit.undecided': 'undecided',
}

function shownName({ name, version, source }: LockedDistribution): string {
  if (name !== null) return version === null ? name : `${name} ${version}`
  if (source.kind === 'registry') return 'a package'
  return source.kind === 'path' ? source.path : source.url
}

function errorOf(code: string, fact: string): AuditFinding {
  return { code, severity: 'error', fact }
}

/** Where it comes from, unless that is the gate. */
function aroundOf({ source, files }: LockedDistribution, gateUrl: string): readonly AuditFinding[] {
  if (source.kind === 'vcs') return [errorOf('audit.around', `comes from the repository ${source.url}`)]
  if (source.kind === 'path') return [errorOf('audit.around', `comes from ${source.path} of this machine`)]
  const urls = [indexOrUrl(source), ...files.map(({ url }) => url)].filter((url) => url !== null)
  const other = urls.find((url) => !isThroughGate(url, gateUrl))
  return other === undefined ? [] : [errorOf('audit.around', `the lock names another host: ${hostOf(other)}`)]
}

function indexOrUrl(source: Exclude<LockedDistribution['source'], { readonly kind: 'path' }>): string | null {
  return source.kind === 'registry' ? source.index : source.url
}

function hostOf(url: string): string {
  if (!URL.canParse(url)) return url.slice(0, 200)
  const { host, pathname, protocol } = new URL(url)
  return host === '' ? `${protocol}${pathname}`.slice(0, 200) : host
}

function matchOf(locked: LockedDistribution, answer: ReleaseAnswer | undefined): Parts {
  if (answer === undefined) {
    const fact = locked.name === null ? 'the lock names no package' : 'the lock pins no version'
    return { states: [], findings: [errorOf('audit.undecided', fact)], files: [] }
  }
  if (answer.kind === 'failed')
    return { states: [], findings: [errorOf('audit.undecided', answer.fact)], files: [] }
  if (answer.kind === 'unknown')
    return { states: [], findings: [errorOf('audit.unknown', 'the gate knows no such release')], files: [] }
  return matchFiles(locked.files, answer.report.files)
}

const UNPINNED: AuditFinding = {
  code: 'audit.unpinned',
  severity: 'warning',
  fact: 'the lock pins no SHA-256 of its files',
}

/** By digest; what has none may be any file of the release. */
function matchFiles(files: readonly LockedFile[], known: readonly FileReport[]): Parts {
  if (known.length === 0)
    return {
      states: [],
      findings: [errorOf('audit.unknown', 'the gate has no file of this release')],
      files: [],
    }
  if (files.length === 0) return { states: [], findings: [UNPINNED], files: known }
  const [byDigest, byName] = [
    new Map(known.map((file) => [file.sha256, file])),
    new Map(known.map((file) => [file.fileName, file])),
  ]
  const [matched, findings] = [new Set<FileReport>(), new Map<string, AuditFinding>()]
  for (const file of files) {
    const { found, finding } = matchFile(file, { byDigest, byName, known })
    for (const one of found) matched.add(one)
    if (finding !== undefined && !findings.has(finding.code)) findings.set(finding.code, finding)
  }
  return { states: [], findings: [...findings.values()], files: [...matched] }
}

interface Known {
  readonly byDigest: ReadonlyMap<string | null, FileReport>
  readonly byName: ReadonlyMap<string, FileReport>
  readonly known: readonly FileReport[]
}

interface Match {
  readonly found: readonly FileReport[]
  readonly finding?: AuditFinding
}

function matchFile({ fileName, sha256 }: LockedFile, { byDigest, byName, known }: Known): Match {
  const named = fileName === null ? undefined : byName.get(fileName)
  if (sha256 === null) return { found: named === undefined ? known : [named], finding: UNPINNED }
  const file = byDigest.get(sha256)
  if (file !== undefined) return { found: [file] }
  const fact =
    named === undefined
      ? `the gate has no file of this release with the SHA-256 ${sha256.slice(0, 16)}… of the lock`
      : `${named.fileName} has another SHA-256 in the lock than at the gate`
  return { found: named === undefined ? [] : [named], finding: errorOf('audit.unknown', fact) }
}
