import type { AttestationIdentity } from '../../formats/python/locks/index.ts'
import { identitiesOf, isSameIdentity, shownIdentity, shownSigner } from './identities.ts'
import type { FileReport } from '../../gate/index.ts'
import { worst, type AuditFinding, type AuditState } from './report.ts'

export interface FilesJudgement {
  readonly state: AuditState
  readonly findings: readonly AuditFinding[]
  readonly exemptUntil?: string
}

/** What the gate says of these files of a release: the worst counts, since a release is served or refused as a whole. */
export function judgeFiles(files: readonly FileReport[]): FilesJudgement {
  const states = files.map(stateOf)
  const state = worst(states)
  const untils = files.filter(isExempt).flatMap(({ until }) => (until === undefined ? [] : [until]))
  const [first] = untils.toSorted()
  return { state, findings: findingsOf(files), ...(first === undefined ? {} : { exemptUntil: first }) }
}

function stateOf(file: FileReport): AuditState {
  if (file.outcome === 'refused' || file.outcome === 'held') return file.outcome
  if (file.outcome === 'not judged') return 'undecided'
  if (isExempt(file)) return 'exempt'
  return file.signer === undefined ? 'unsealed' : 'sealed'
}

function isExempt({ outcome, grounds }: FileReport): boolean {
  return outcome === 'allowed' && grounds.some(({ exemptedBy }) => exemptedBy !== undefined)
}

/** Each code once, with the file that shows it first. */
function findingsOf(files: readonly FileReport[]): readonly AuditFinding[] {
  const found = new Map<string, AuditFinding>()
  for (const file of files) {
    const state = stateOf(file)
    if (state === 'sealed' || state === 'exempt') continue
    const code = state === 'unsealed' ? 'audit.unsealed' : (file.code ?? 'audit.undecided')
    if (!found.has(code)) found.set(code, findingOf(file, code))
  }
  return [...found.values()]
}

function findingOf(file: FileReport, code: string): AuditFinding {
  const { fileName, grounds, outcome, signer } = file
  if (code === 'audit.unsealed') return { code, severity: 'note', fact: `${fileName} has no seal` }
  const said = grounds.find((ground) => ground.code === code)?.fact
  const fact =
    said ?? (outcome === 'not judged' ? 'the gate has not judged it' : `the gate has ${outcome} it`)
  const isAboutSigner = signer !== undefined && /^(?:verify\.|gate\.(?:changed|late)$)/.test(code)
  const brief = isAboutSigner ? `${code}, ${shownSigner(signer)}` : code
  return {
    code,
    severity: 'error',
    fact: `${fileName} ${fact}`,
    ...(code === 'audit.undecided' ? {} : { brief }),
  }
}

/** Who signs now against who signed when the lock was written. */
export function judgeIdentities(
  locked: readonly AttestationIdentity[] | undefined,
  files: readonly FileReport[],
): readonly AuditFinding[] {
  if (locked === undefined || locked.length === 0) return []
  const found = identitiesOf(files.flatMap(({ signer }) => (signer === undefined ? [] : [signer])))
  const lost = locked.filter((one) => !found.some((now) => isSameIdentity(one, now)))
  const fresh = found.filter((now) => !locked.some((one) => isSameIdentity(one, now)))
  const isUnsealed = files.some(({ signer }) => signer === undefined)
  if (fresh.length > 0)
    return [
      identityFinding(
        'audit.identity-changed',
        `is signed by ${listed(fresh)}, the lock says ${listed(locked)}`,
      ),
    ]
  if (lost.length > 0 || isUnsealed)
    return [
      identityFinding(
        'audit.identity-lost',
        `is not signed by ${listed(lost.length > 0 ? lost : locked)}, as the lock says`,
      ),
    ]
  return []
}

function identityFinding(code: string, fact: string): AuditFinding {
  return { code, severity: 'error', fact }
}

function listed(identities: readonly AttestationIdentity[]): string {
  return identities.slice(0, 3).map(shownIdentity).join(' and ') + (identities.length > 3 ? ' and more' : '')
}
