import { realpath, stat } from 'node:fs/promises'
import { bytesEqual, utf8, type Files } from '../../base/index.ts'
import {
  addIdentities,
  LOCK_LIMITS,
  readLock,
  type AttestationIdentity,
  type Lock,
} from '../../formats/python/locks/index.ts'
import type { GateUrl } from '../gate-url/index.ts'
import { askGate, releaseKey, type AskIo, type ReleaseKey } from './ask-gate.ts'
import { auditErrors } from './errors.ts'
import { identitiesOf } from './identities.ts'
import { judgeLocked, type LockedJudgement } from './judge-lock.ts'
import type { AuditFinding, AuditReport } from './report.ts'
import { isThroughGate } from './through-gate.ts'

export interface LockRequest {
  /** `-` for what standard input has. */
  readonly path: string
  readonly bytes: Uint8Array
  readonly gate: GateUrl
  readonly writeIdentities: boolean
}

export interface LockIo extends AskIo {
  readonly files: Pick<Files, 'read' | 'writeAtomic'>
  readonly onCount?: (count: number) => void
}

/** Throws `lock.…`, `gate.upstream`, `client.gate-access`. */
export async function auditLock(request: LockRequest, io: LockIo): Promise<AuditReport> {
  const { path, gate } = request
  const lock = readLock(request)
  // Before anything is asked: whether the file is one that takes them.
  if (request.writeIdentities) addIdentities(request, new Map())
  const keys = lock.distributions.map(({ name, version, source }) => {
    const isAsked = name !== null && version !== null && source.kind !== 'vcs'
    return isAsked ? { name, version } : undefined
  })
  const asked = keys.filter((key): key is ReleaseKey => key !== undefined)
  io.onCount?.(new Set(asked.map(releaseKey)).size)
  const answers = await askGate(gate, asked, io)
  const judged = lock.distributions.map((one, index) => {
    const key = keys[index]
    return judgeLocked(one, {
      answer: key === undefined ? undefined : answers.get(releaseKey(key)),
      gateUrl: gate.url,
    })
  })
  const identitiesWritten = request.writeIdentities ? await writeIdentities(request, { lock, judged, io }) : 0
  return {
    target: path,
    kind: 'lock',
    gate: { name: gate.name, url: gate.url },
    distributions: judged.map(({ files: _files, ...one }) => one),
    findings: wholeFindings(lock, gate.url),
    bytecodeFiles: 0,
    identitiesWritten,
  }
}

/** What the file says beside its packages. */
function wholeFindings({ indexes, includes }: Lock, gateUrl: string): readonly AuditFinding[] {
  const others = indexes
    .filter(({ url }) => !isThroughGate(`${url.replace(/\/+$/, '')}/`, gateUrl))
    .map(({ option, line }): AuditFinding => {
      return {
        code: 'audit.around',
        severity: 'error',
        fact: `${option} names another index than the gate`,
        line,
      }
    })
  const unread = includes.map(({ option, path, line }): AuditFinding => {
    return {
      code: 'audit.include',
      severity: 'warning',
      fact: `${option} ${path} is not read: audit it too`,
      line,
    }
  })
  return [...others, ...unread]
}

interface Writing {
  readonly lock: Lock
  readonly judged: readonly LockedJudgement[]
  readonly io: LockIo
}

/** Of packages that the gate serves, all of whose files are sealed, and which have no identities yet. */
async function writeIdentities({ path, bytes }: LockRequest, { lock, judged, io }: Writing): Promise<number> {
  const added = new Map<number, readonly AttestationIdentity[]>()
  for (const [index, { files, state }] of judged.entries()) {
    if (lock.distributions[index]?.identities !== undefined || state !== 'sealed') continue
    const identities = identitiesOf(files.flatMap(({ signer }) => (signer === undefined ? [] : [signer])))
    if (identities.length > 0) added.set(index, identities)
  }
  const text = addIdentities({ path, bytes }, added)
  if (added.size === 0) return 0
  if (!bytesEqual(await io.files.read(path, LOCK_LIMITS.maxBytes), bytes))
    throw auditErrors('audit.lock-changed', `${path} was changed in the meantime`)
  // What a link names is written, and keeps its mode.
  const { mode } = await stat(path)
  await io.files.writeAtomic(await realpath(path), utf8(text), mode & 0o777)
  return added.size
}
