import type { Decision } from '../decision.ts'
import { sentenceFor } from '../sentence.ts'
import type { PolicyTrial, TrialChange, TrialGround, TrialRelease } from '../trial.ts'

const MAX_RELEASES = 200

export interface ComparedFile {
  readonly name: string
  readonly version: string
  readonly isServed: boolean
  /** In the mode of the gate. */
  readonly now: Decision
  /** Enforced. */
  readonly next: Decision
}

export type ChangeLists = Pick<PolicyTrial, 'refused' | 'allowed' | 'notJudged'>

export interface Changes {
  add(file: ComparedFile): void
  all(): ChangeLists
}

export function createChanges(): Changes {
  const lists = { refused: createList(), allowed: createList(), notJudged: createList() }
  return {
    add: (file) => {
      const kind = kindOf(file)
      if (kind !== undefined) lists[kind].add(file, kind === 'allowed' ? file.now : file.next)
    },
    all: () => ({
      refused: lists.refused.all(),
      allowed: lists.allowed.all(),
      notJudged: lists.notJudged.all(),
    }),
  }
}

/** What is refused now, and open with the other policy, would be looked at first: that is no promise, and no loss. */
function kindOf({ now, next }: ComparedFile): keyof ChangeLists | undefined {
  if (now.ground !== undefined) return next.outcome === 'allowed' ? 'allowed' : undefined
  if (next.ground !== undefined) return 'refused'
  return next.outcome === 'not judged' && now.outcome === 'allowed' ? 'notJudged' : undefined
}

interface List {
  add(file: ComparedFile, decision: Decision): void
  all(): TrialChange
}

type Summed<T> = { -readonly [Key in keyof T]: T[Key] }

/** Files of one name come one after another, so that a list that is cut never forgets part of a release. */
function createList(): List {
  const grounds = new Map<string, Summed<TrialGround>>()
  let releases: Summed<TrialRelease>[] = []
  let ofName = new Map<string, Summed<TrialRelease>>()
  let lastName = ''
  const begin = (name: string): void => {
    if (name === lastName) return
    lastName = name
    ofName = new Map()
    if (releases.length > 2 * MAX_RELEASES) releases = mostServed(releases)
  }
  return {
    add: (file, decision) => {
      begin(file.name)
      const release = releaseOf(file, decision)
      const key = `${release.version} ${release.code}`
      const isNew = !ofName.has(key)
      const known = ofName.get(key) ?? release
      if (isNew) {
        ofName.set(key, known)
        releases.push(known)
      }
      const ground = grounds.get(known.code) ?? { code: known.code, releases: 0, files: 0, served: 0 }
      grounds.set(known.code, ground)
      if (isNew) ground.releases += 1
      for (const one of [known, ground]) {
        one.files += 1
        if (file.isServed) one.served += 1
      }
    },
    all: () => {
      const all = [...grounds.values()].toSorted((a, b) => b.served - a.served || b.files - a.files)
      const sum = (of: 'files' | 'served'): number => all.reduce((total, one) => total + one[of], 0)
      return { files: sum('files'), served: sum('served'), grounds: all, releases: mostServed(releases) }
    },
  }
}

function mostServed<T extends TrialRelease>(releases: readonly T[]): T[] {
  return releases.toSorted((a, b) => b.served - a.served).slice(0, MAX_RELEASES)
}

function releaseOf({ name, version }: ComparedFile, { ground }: Decision): Summed<TrialRelease> {
  const [code, sentence] =
    ground === undefined
      ? ['not judged', `${name} ${version}: its seals were not looked for yet`]
      : [ground.code, sentenceFor({ ground, name, version, link: '' })]
  return { name, version, code, sentence, files: 0, served: 0 }
}
