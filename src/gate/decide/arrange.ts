/** For tests only: facts of a name, and questions about them. */
import { expect, it } from 'vitest'
import { parseFileName } from '../../formats/python/index.ts'
import { exactly, type Exemption, type GateRule, type Identity, type Policy } from '../../verify/index.ts'
import type { Decision } from '../decision.ts'
import type { JudgedFile, KnownFile, NameFacts, Pin, ReleaseFacts, SealState, SealVerdict } from '../facts.ts'
import { decideRelease } from './decide.ts'
import type { NameQuestion } from './question.ts'

export const DAY = 86_400_000
/** 2026-11-29. */
export const NOW = 1_795_910_400_000

const ISSUER = 'https://gitlab.com'

/** The pipeline of a GitLab project, at a tag. */
export function pipeline(project = 'acme/demo', changes: Partial<Identity['extensions']> = {}): Identity {
  const { sourceRepositoryRef = 'refs/tags/v1' } = changes
  const id = Buffer.from(project).reduce((sum, byte) => (31 * sum + byte) % 1_000_003, 0)
  return {
    san: `https://gitlab.com/${project}//.gitlab-ci.yml@${sourceRepositoryRef}`,
    sanKind: 'uri',
    issuer: ISSUER,
    extensions: {
      sourceRepositoryUri: `https://gitlab.com/${project}`,
      sourceRepositoryIdentifier: project === 'acme/demo' ? '7' : String(id),
      sourceRepositoryRef,
      ...changes,
    },
  }
}

/** The workflow of a GitHub repository, at a tag. */
export function workflow(repository: string, { file = 'release.yml', id = '8' } = {}): Identity {
  return {
    san: `https://github.com/${repository}/.github/workflows/${file}@refs/tags/v1`,
    sanKind: 'uri',
    issuer: 'https://token.actions.githubusercontent.com',
    extensions: {
      sourceRepositoryUri: `https://github.com/${repository}`,
      sourceRepositoryIdentifier: id,
      sourceRepositoryRef: 'refs/tags/v1',
    },
  }
}

export function holding(identity = pipeline(), has: Partial<Record<'timestamp' | 'bundle', boolean>> = {}) {
  return {
    holds: true,
    identity,
    has: { bundle: true, timestamp: false, attestation: true, ...has },
    signedAtMs: NOW - 100 * DAY,
    logIndex: 3,
  } as const satisfies SealVerdict
}

export function sealedBy(identity = pipeline()): SealState {
  return { kind: 'judged', verdicts: [holding(identity)] }
}

export const broken: SealState = {
  kind: 'judged',
  verdicts: [{ holds: false, code: 'verify.signature', fact: 'the signature does not match the file' }],
}
export const unsigned: SealState = { kind: 'unsigned' }
export const blind: SealState = { kind: 'blind' }
export const notJudged: SealState = { kind: 'not judged' }
export const unreachable: SealState = { kind: 'unreachable', fact: 'it answered 503' }

export interface FileChanges extends Partial<KnownFile> {
  readonly seals?: SealState
  readonly mismatch?: JudgedFile['mismatch']
  readonly ageDays?: number
}

function aFile(fileName: string, changes: FileChanges = {}): JudgedFile {
  const { seals = sealedBy(), mismatch = null, ageDays = 100, ...file } = changes
  const { version, kind } = parseFileName(fileName)
  const atMs = NOW - ageDays * DAY
  return {
    file: {
      fileName,
      versionKey: version.key,
      version: version.normal,
      kind,
      sha256: Buffer.from(fileName).toString('hex').padEnd(64, '0').slice(0, 64),
      sizeBytes: 1000,
      url: `https://files.example/${fileName}`,
      uploadedAtMs: atMs,
      requiresPython: null,
      yanked: null,
      provenance: { kind: 'none' },
      offersMetadata: true,
      metadataSha256: null,
      firstSeenAtMs: atMs,
      goneAtMs: null,
      changedSha256: null,
      servedAtMs: null,
      ...file,
    },
    seals,
    mismatch,
  }
}

export function wheel(version: string, changes: FileChanges = {}): JudgedFile {
  return aFile(`demo-${version}-py3-none-any.whl`, changes)
}

export function sdist(version: string, changes: FileChanges = {}): JudgedFile {
  return aFile(`demo-${version}.tar.gz`, changes)
}

/** Facts with these files, by their releases. */
export function factsOf(files: readonly JudgedFile[], changes: Partial<NameFacts> = {}): NameFacts {
  const releases = new Map<string, ReleaseFacts>()
  for (const one of files) {
    const { version, versionKey } = one.file
    const before = releases.get(versionKey)?.files ?? []
    releases.set(versionKey, { version, versionKey, files: [...before, one] })
  }
  return {
    name: 'demo',
    releases: [...releases.values()],
    pins: [],
    upstream: 'pypi',
    isPrivate: false,
    status: null,
    freshAtMs: NOW,
    ...changes,
  }
}

export const pin: Pin = {
  issuer: ISSUER,
  repository: { kind: 'id', value: '7' },
  shown: 'gitlab.com/acme/demo',
  workflow: '.gitlab-ci.yml',
  refKind: 'tag',
  sinceMs: NOW - 400 * DAY,
  by: 'history',
  fromFiles: [],
}

export const listed: Policy = {
  anyOf: [{ san: exactly(pipeline().san), issuer: exactly(ISSUER) }],
  rule: 'rule 1 of policy.toml (name demo)',
}

/** Asks for a seal by acme/demo, and for nothing else. */
export const strict: GateRule = {
  policy: listed,
  unsigned: 'refuse',
  learns: false,
  cooldownMs: 0,
  settleMs: 30 * DAY,
  lateMs: 14 * DAY,
  gone: 'refuse',
  partial: 'refuse',
}

/** What is proposed for PyPI. */
export const byHistory: GateRule = {
  ...strict,
  policy: { anyOf: [], rule: '[unlisted] of policy.toml' },
  unsigned: 'never-sealed',
  learns: true,
  cooldownMs: 7 * DAY,
}

export function exemption(changes: Partial<Exemption> = {}): Exemption {
  return {
    name: 'demo',
    codes: new Set(['gate.unsigned']),
    reason: 'built by hand',
    untilMs: NOW + 10 * DAY,
    by: 'ops@acme.example',
    where: 'exempt[1] of policy.toml',
    ...changes,
  }
}

export function question(facts: NameFacts, changes: Partial<NameQuestion> = {}): NameQuestion {
  return {
    facts,
    rule: strict,
    policyName: 'policy.toml',
    exemptions: [],
    state: { staleForMs: 7 * DAY, trustUntilMs: null, clockFact: null },
    nowMs: NOW,
    ...changes,
  }
}

/** The decision on the last of the files. */
export function decideLast(
  files: readonly JudgedFile[],
  changes: Partial<NameQuestion> = {},
  facts: Partial<NameFacts> = {},
): Decision {
  const last = files.at(-1)!.file
  const all = { ...question(factsOf(files, facts), changes), versionKey: last.versionKey }
  return decideRelease(all).get(last.fileName)!
}

/** `refused gate.unsigned`, `allowed`. */
export function shortly({ outcome, ground }: Decision): string {
  return ground === undefined ? outcome : `${outcome} ${ground.code}`
}

export type Case = readonly [
  title: string,
  outcome: string,
  files: readonly JudgedFile[],
  changes?: Partial<NameQuestion>,
  facts?: Partial<NameFacts>,
]

/** Each says what is decided on the last of its files. */
export function tell(rule: GateRule, cases: readonly Case[]): void {
  for (const [what, outcome, files, changes = {}, facts = {}] of cases)
    it(`${what} is ${outcome}`, () => {
      expect(shortly(decideLast(files, { rule, ...changes }, facts))).toBe(outcome)
    })
}

export const mallory = sealedBy(pipeline('mallory/demo'))

export function at(changes: Partial<NameQuestion['state']>): Partial<NameQuestion> {
  return { state: { staleForMs: 7 * DAY, trustUntilMs: null, clockFact: null, ...changes } }
}

/** A wheel of 2.0 for one interpreter. */
export function cp(abi: string, changes: FileChanges = {}): JudgedFile {
  return aFile(`demo-2.0-${abi}-${abi}-linux_x86_64.whl`, changes)
}
