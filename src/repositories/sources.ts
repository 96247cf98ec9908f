import type { Principal } from '../access/index.ts'
import {
  componentParts,
  shippedText,
  type Address,
  type RepositoryAt,
  type Sources,
  type SourceText,
} from '../ciconfig/index.ts'
import type { RepositoryParts } from './parts.ts'
import type { CommitSources } from './store.ts'
import type { WantedPipeline } from './wanted.ts'

type Wanted = Pick<WantedPipeline, 'project' | 'user' | 'within' | 'commit' | 'ref' | 'beforeSha'>
type Absent = { readonly kind: 'absent'; readonly reason: string }

const NOT_HERE = 'this server reads the files of its own projects only'

/** What a plan reads: the commit itself, and projects of this instance, with the rights of who starts the pipeline. */
export function sourcesFor(parts: RepositoryParts, wanted: Wanted): Sources {
  const { project, commit, ref, beforeSha } = wanted
  // A tag is compared with nothing, as on GitLab.
  const base = ref.startsWith('refs/tags/') ? undefined : beforeSha
  const own = parts.git.sourcesAt(project.id, { sha: commit.sha, base })
  return {
    read: (address) => read(address, own, { parts, wanted }),
    paths: async (repository) => {
      const place = repository === null ? own : await elsewhere(repository, { parts, wanted })
      return 'kind' in place ? place : place.paths()
    },
    changes: (compareTo) => own.changes(compareTo),
  }
}

interface Asked {
  readonly parts: RepositoryParts
  readonly wanted: Wanted
}

async function read(address: Address, own: CommitSources, asked: Asked): Promise<SourceText> {
  if (address.kind === 'component') return component(address.address, asked.parts)
  if (address.kind !== 'file') return { kind: 'absent', reason: NOT_HERE }
  if (address.repository === null) return own.text(address.path)
  const place = await elsewhere(address.repository, asked)
  return 'kind' in place ? place : place.text(address.path)
}

/** Of components, the server has the one that comes with it. */
function component(address: string, { shipped }: RepositoryParts): SourceText {
  const asked = componentParts(address)
  const own = shipped()
  return (
    (asked && shippedText(asked, own)) ?? {
      kind: 'absent',
      reason: `of components, this server has only ${own.project}/${own.name}@${own.version}`,
    }
  )
}

/** The same answer for a project that is not there and for one that may not be read. */
async function elsewhere(
  { project: path, ref }: Exclude<RepositoryAt, null>,
  { parts: { access, git }, wanted: { user, within } }: Asked,
): Promise<CommitSources | Absent> {
  const absent: Absent = {
    kind: 'absent',
    reason: 'the project does not exist here, or who starts the pipeline may not read it',
  }
  const principal: Principal = {
    kind: 'user',
    user,
    scopes: ['api'],
    tokenId: 0,
    ...(within === undefined ? {} : { within }),
  }
  const project = await access.findProject(path)
  if (project === undefined || !(await access.may(principal, 'download_code', project))) return absent
  const sha = await git.resolve(project.id, ref === 'HEAD' ? project.defaultBranch : ref)
  if (sha === undefined) return { kind: 'absent', reason: 'the project has no such branch, tag or commit' }
  return git.sourcesAt(project.id, { sha, base: undefined })
}
