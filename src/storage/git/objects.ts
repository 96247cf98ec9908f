import type { CommitFacts, GitRepositories, RefFacts, StoredFile } from '../../repositories/index.ts'
import { askGit, type Git } from './command.ts'
import { isBelow } from './tree.ts'

export interface Place {
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
}

const SHA = /^[0-9a-f]{40}$/
/** Fields of a commit, each ended by a NUL, which no commit has in it. */
const FORMAT = ['%H', '%P', '%an', '%ae', '%aI', '%cn', '%ce', '%cI', '%B']
const MAX_COMMIT_BYTES = 256 * 1024
const MAX_LIST_BYTES = 4 << 20
const MAX_FIELD = 1_000
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Undefined for what is no commit. */
export async function commitFacts(place: Place, sha: string): Promise<CommitFacts | undefined> {
  if (!SHA.test(sha)) return undefined
  const args = ['log', '-1', '--no-show-signature', `--format=${FORMAT.join('%x00')}%x00`, sha, '--']
  const { exitCode, bytes } = await askGit({ ...place, args, maxBytes: MAX_COMMIT_BYTES, isCut: true })
  return exitCode === 0 ? commitsIn(decoder.decode(bytes))[0] : undefined
}

export async function listCommits(
  place: Place,
  sha: string,
  { offset, limit }: { readonly offset: number; readonly limit: number },
): Promise<readonly CommitFacts[]> {
  if (!SHA.test(sha)) return []
  const args = ['log', `--skip=${offset}`, `--max-count=${limit}`, '--no-show-signature']
  const format = `--format=${FORMAT.join('%x00')}%x00`
  const command = { ...place, args: [...args, format, sha, '--'], maxBytes: MAX_LIST_BYTES, isCut: true }
  const { exitCode, bytes } = await askGit(command)
  return exitCode === 0 ? commitsIn(decoder.decode(bytes)) : []
}

function commitsIn(text: string): readonly CommitFacts[] {
  const fields = text.split('\0')
  const commits: CommitFacts[] = []
  for (let at = 0; at + FORMAT.length <= fields.length; at += FORMAT.length)
    commits.push(commitOfFields(fields.slice(at, at + FORMAT.length)))
  return commits
}

function commitOfFields(fields: readonly string[]): CommitFacts {
  const field = (at: number): string => fields[at] ?? ''
  const person = (at: number) => ({ name: short(field(at)), email: short(field(at + 1)), at: field(at + 2) })
  const message = field(8).replace(/\n+$/, '')
  const end = message.indexOf('\n')
  return {
    // A line break stands between two of them.
    sha: field(0).trim(),
    parents: field(1)
      .split(' ')
      .filter((parent) => parent !== ''),
    title: short(end < 0 ? message : message.slice(0, end)),
    message,
    author: person(2),
    committer: person(5),
  }
}

function short(text: string): string {
  return text.slice(0, MAX_FIELD)
}

/** By name; of an annotated tag the commit that it means, and its message. */
export async function listRefs(
  git: Git,
  { kind, search, offset, limit }: Parameters<GitRepositories['listRefs']>[1],
): Promise<readonly RefFacts[]> {
  const format = '--format=%(refname:lstrip=2)%00%(objectname)%00%(*objectname)%00%(contents:subject)'
  const lines = (await git.run('for-each-ref', format, `refs/${kind}`)).split('\n')
  const refs = lines.flatMap((line) => refOfLine(line.split('\0')))
  return refs.filter(({ name }) => name.includes(search)).slice(offset, offset + limit)
}

function refOfLine([name = '', sha = '', peeled = '', subject = '']: readonly string[]): RefFacts[] {
  if (name === '') return []
  return [
    { name, sha: peeled === '' ? sha : peeled, message: peeled === '' ? null : subject.slice(0, MAX_FIELD) },
  ]
}

/** Undefined for what is no file, and for one that is larger. */
export async function storedFile(
  git: Git,
  place: Place,
  { sha, path, maxBytes }: Parameters<GitRepositories['file']>[1],
): Promise<StoredFile | undefined> {
  if (!isBelow(path) || !SHA.test(sha) || path.includes('\0')) return undefined
  const entry = await git.ask('ls-tree', '-z', '--full-tree', '--long', sha, '--', path)
  const [, mode, blobId, length] = /^(100[0-7]{3}) blob ([0-9a-f]{40}) +([0-9]+)\t/.exec(entry ?? '') ?? []
  if (blobId === undefined || Number(length) > maxBytes) return undefined
  const { bytes } = await askGit({ ...place, args: ['cat-file', 'blob', blobId], maxBytes })
  const lastCommit = (await git.ask('log', '-1', '--format=%H', sha, '--', path)) ?? sha
  return { blobId, size: Number(length), lastCommit, isExecutable: mode === '100755', bytes }
}
