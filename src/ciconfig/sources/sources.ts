/** A repository and one of its refs; null: the commit whose pipeline is planned. */
export type RepositoryAt = { readonly project: string; readonly ref: string } | null

/** What an entry of `include` names. */
export type Address =
  /** `path` from the root of the repository, without a slash in front. */
  | { readonly kind: 'file'; readonly repository: RepositoryAt; readonly path: string }
  /** `host/group/project/name@version`. */
  | { readonly kind: 'component'; readonly address: string }
  | { readonly kind: 'template'; readonly name: string }
  | { readonly kind: 'remote'; readonly url: string; readonly integrity: string | null }

export type SourceText = FoundText | { readonly kind: 'absent'; readonly reason?: string }

export interface FoundText {
  readonly kind: 'text'
  readonly text: string
  /** Of a component: which file it was. */
  readonly place?: { readonly repository: RepositoryAt; readonly path: string }
  readonly component?: ComponentFacts
}

/** What `$[[ component.… ]]` gives. */
export interface ComponentFacts {
  readonly name: string
  readonly sha: string
  readonly version: string
  readonly reference: string
}

export type PathList =
  | { readonly kind: 'paths'; readonly paths: readonly string[] }
  | { readonly kind: 'absent'; readonly reason: string }

export type Changes =
  | { readonly kind: 'paths'; readonly paths: readonly string[] }
  /** There is nothing to compare with (a tag, a new branch): on GitLab everything counts as changed then. */
  | { readonly kind: 'all' }
  | { readonly kind: 'no-ref' }

/** What a plan reads. Rejects only for what no change of a file can mend: the disk, the network. */
export interface Sources {
  read(address: Address): Promise<SourceText>
  /** All files, sorted as git sorts them. */
  paths(repository: RepositoryAt): Promise<PathList>
  /** What the push changed, or what differs from `compareTo`. */
  changes(compareTo: string | undefined): Promise<Changes>
}

/** Files that are at hand, by their paths. */
export function textSources(texts: ReadonlyMap<string, string>): Sources {
  return {
    read: async (address) => {
      const isHere = address.kind === 'file' && address.repository === null
      const text = isHere ? texts.get(address.path) : undefined
      return text === undefined ? { kind: 'absent' } : { kind: 'text', text }
    },
    paths: async (repository) =>
      repository === null
        ? { kind: 'paths', paths: [...texts.keys()].toSorted() }
        : { kind: 'absent', reason: `the project ${repository.project} is not at hand` },
    changes: async () => ({ kind: 'all' }),
  }
}

/** Everything that a plan has asked, with the answers: who plans again from it gets the same plan. */
export interface SourceRecord {
  readonly texts: readonly { readonly address: Address; readonly answer: SourceText }[]
  readonly paths: readonly { readonly repository: RepositoryAt; readonly answer: PathList }[]
  readonly changes: readonly { readonly compareTo: string | null; readonly answer: Changes }[]
}

/** The sources, which keep what they have answered. */
export function recordSources(sources: Sources): { readonly sources: Sources; record(): SourceRecord } {
  const texts = new Map<string, SourceRecord['texts'][number]>()
  const paths = new Map<string, SourceRecord['paths'][number]>()
  const changes = new Map<string, SourceRecord['changes'][number]>()
  return {
    sources: {
      read: async (address) => {
        const answer = await sources.read(address)
        texts.set(keyOf(address), { address, answer })
        return answer
      },
      paths: async (repository) => {
        const answer = await sources.paths(repository)
        paths.set(keyOf(repository), { repository, answer })
        return answer
      },
      changes: async (compareTo) => {
        const answer = await sources.changes(compareTo)
        changes.set(keyOf(compareTo ?? null), { compareTo: compareTo ?? null, answer })
        return answer
      },
    },
    record: () => ({
      texts: [...texts.values()],
      paths: [...paths.values()],
      changes: [...changes.values()],
    }),
  }
}

/** Sources that answer from a record, and say of all else that it was not handed in. */
export function recordedSources(record: SourceRecord): Sources {
  const texts = new Map(record.texts.map(({ address, answer }) => [keyOf(address), answer]))
  const paths = new Map(record.paths.map(({ repository, answer }) => [keyOf(repository), answer]))
  const changes = new Map(record.changes.map(({ compareTo, answer }) => [keyOf(compareTo), answer]))
  return {
    read: async (address) =>
      texts.get(keyOf(address)) ?? { kind: 'absent', reason: 'it was not handed in with the pipeline' },
    paths: async (repository) =>
      paths.get(keyOf(repository)) ?? {
        kind: 'absent',
        reason: 'the list of files was not handed in with the pipeline',
      },
    changes: async (compareTo) => changes.get(keyOf(compareTo ?? null)) ?? { kind: 'all' },
  }
}

/** The same text for the same address, in whatever order its keys come. */
function keyOf(value: Address | RepositoryAt | string): string {
  if (value === null || typeof value === 'string') return JSON.stringify(value)
  return JSON.stringify(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, typeof one === 'object' ? keyOf(one) : one]),
  )
}

/** How people name it: in problems, this is the FILE. */
export function labelOf(address: Address): string {
  if (address.kind === 'component') return address.address
  if (address.kind === 'template') return address.name
  if (address.kind === 'remote') return address.url
  const { repository, path } = address
  return repository === null ? path : `${path}@${repository.project}`
}
