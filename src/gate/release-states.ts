import type { Decision } from './decision.ts'
import { firstTimeMs, isSealed } from './decide/history.ts'
import type { JudgedFile, NameFacts, ReleaseFacts } from './facts.ts'
import { identityMatchesPin, signerOf } from './pins/signer.ts'
import { RELEASE_STATES, type ReleaseState } from './report.ts'

/**
 * PyPI's six words for a release (warehouse `packaging/models.py`), and the gate's. PyPI compares with the newest
 * attested release of the 14 days before, so that a project with monthly releases never loses anything; here all earlier
 * releases count.
 */
export function releaseStates(
  facts: NameFacts,
  release: ReleaseFacts,
  decisions: readonly Decision[],
): readonly ReleaseState[] {
  const states = new Set<ReleaseState>([
    ...provenanceStates(facts, release),
    ...gateStates(facts, release, decisions),
  ])
  return RELEASE_STATES.filter((state) => states.has(state))
}

function provenanceStates({ releases }: NameFacts, release: ReleaseFacts): readonly ReleaseState[] {
  const files = listedFiles(release)
  const sealed = files.filter(isSealed).length
  const atMs = firstTimeMs(files)
  const earlier = releases.filter((one) => one !== release && firstTimeMs(one.files) < atMs)
  const own = signerKeys(files)
  const before = signerKeys(earlier.flatMap((one) => one.files))
  const isLost = sealed === 0 && earlier.some((one) => one.files.some(isSealed))
  const isChanged = before.size > 0 && [...own].some((key) => !before.has(key))
  return [
    countState(sealed, files.length),
    ...(own.size > 1 ? ['inconsistent' as const] : []),
    ...(isLost ? ['lost' as const] : []),
    ...(isChanged ? ['changed' as const] : []),
  ]
}

function countState(sealed: number, all: number): ReleaseState {
  if (sealed === 0) return 'no-provenance'
  return sealed === all ? 'full-provenance' : 'partial-provenance'
}

/** Where nothing is left of a release, what it was. */
export function listedFiles({ files }: ReleaseFacts): readonly JudgedFile[] {
  const listed = files.filter(({ file }) => file.goneAtMs === null)
  return listed.length === 0 ? files : listed
}

/** Source and workflow: a repository that has moved is the same source by its id. */
function signerKeys(files: readonly JudgedFile[]): ReadonlySet<string> {
  const keys = new Set<string>()
  for (const { seals } of files)
    for (const one of seals.kind === 'judged' ? seals.verdicts : []) {
      if (!one.holds) continue
      const { issuer, repository, repositoryId, workflow } = signerOf(one.identity)
      keys.add(JSON.stringify([issuer, repositoryId ?? repository, workflow]))
    }
  return keys
}

function gateStates(
  { pins, status }: NameFacts,
  { files }: ReleaseFacts,
  decisions: readonly Decision[],
): readonly ReleaseState[] {
  const grounds = decisions.flatMap((one) => one.grounds)
  const isPinned = decisions.some(
    ({ seal }) => seal !== undefined && pins.some((pin) => identityMatchesPin(seal.identity, pin)),
  )
  const states: readonly (readonly [ReleaseState, boolean])[] = [
    ['held', decisions.some(({ outcome }) => outcome === 'held')],
    ['late', grounds.some(({ code }) => code === 'gate.late')],
    ['gone', files.some(({ file }) => file.goneAtMs !== null)],
    ['quarantined', status === 'quarantined'],
    ['exempt', grounds.some(({ exemptedBy }) => exemptedBy !== undefined)],
    ['pinned', isPinned],
  ]
  return states.flatMap(([state, holds]) => (holds ? [state] : []))
}
