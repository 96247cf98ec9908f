import { clientErrors } from '../errors.ts'
import type { Git } from './git.ts'

export interface Ref {
  readonly name: string
  readonly type: 'branch' | 'tag'
}

const FOLDERS = { branch: 'refs/heads/', tag: 'refs/tags/' } as const

export function fullName({ name, type }: Ref): string {
  return `${FOLDERS[type]}${name}`
}

/** A branch or tag of the repository. None is guessed: the certificate will name it. Throws `client.no-project`. */
export async function findRef(
  git: Git,
  asked: { readonly name: string; readonly type?: Ref['type'] },
): Promise<Ref> {
  const known: Ref[] = []
  for (const ref of candidates(asked))
    if (
      (await git.ask('rev-parse', '--verify', '--quiet', '--end-of-options', `${fullName(ref)}^{commit}`)) !==
      undefined
    )
      known.push(ref)
  const [ref, other] = known
  if (ref === undefined)
    throw clientErrors(
      'client.no-project',
      `the repository has no ${asked.type ?? 'branch or tag'} ${asked.name}`,
      {
        hint: "'git branch' and 'git tag' list those that it has; a branch of a remote has to be checked out once",
      },
    )
  if (other !== undefined)
    throw clientErrors('client.no-project', `${asked.name} is a branch and a tag`, {
      hint: `use --tag ${asked.name} or --ref refs/heads/${asked.name}`,
    })
  return ref
}

function candidates({ name, type }: { readonly name: string; readonly type?: Ref['type'] }): readonly Ref[] {
  for (const one of ['branch', 'tag'] as const)
    if (name.startsWith(FOLDERS[one]))
      return type === undefined || type === one ? [{ name: name.slice(FOLDERS[one].length), type: one }] : []
  return (type === undefined ? (['branch', 'tag'] as const) : [type]).map((one) => ({ name, type: one }))
}

/** The certificate will name the ref, so none is guessed: of several tags only the one that was checked out counts. */
export async function refOf(git: Git): Promise<Ref> {
  const branch = await git.ask('symbolic-ref', '--quiet', '--short', 'HEAD')
  if (branch !== undefined) return { name: branch, type: 'branch' }
  const tags = ((await git.ask('tag', '--points-at', 'HEAD')) ?? '').split('\n').filter((tag) => tag !== '')
  const moved = (await git.ask('log', '-1', '--walk-reflogs', '--format=%gs', 'HEAD')) ?? ''
  const checkedOut = /^checkout: moving from \S+ to (?:refs\/tags\/|tags\/)?(\S+)$/.exec(moved)?.[1]
  const name = tags.length === 1 ? tags[0] : tags.find((tag) => tag === checkedOut)
  if (name !== undefined) return { name, type: 'tag' }
  const why =
    tags.length === 0
      ? 'no branch is checked out, and no tag names the commit'
      : `several tags name the commit: ${tags.slice(0, 5).join(', ')}`
  throw clientErrors('client.no-project', `HEAD is detached: ${why}`)
}
