import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describeError, utf8Decode, type Files, type Http, type Spawn } from '../../base/index.ts'
import {
  componentParts,
  findVersion,
  shippedText,
  type Address,
  type ComponentParts,
  type RepositoryAt,
  type ShippedComponent,
  type SourceText,
} from '../../ciconfig/index.ts'
import { gitIn, type Git } from '../run/git.ts'
import { commitOf, isBelow, isFile, MAX_FILE_BYTES, pathsAt, textAt, type Elsewhere } from './git-sources.ts'

export interface ElsewherePorts {
  /** A folder with `GROUP/PROJECT` (git repositories), `templates/NAME` and `remote/HOST/PATH`. */
  readonly mirror: string | undefined
  /** Undefined: nothing is fetched. */
  readonly http: Http | undefined
  /** For who has not its project in the mirror folder. */
  readonly shipped: () => ShippedComponent
  readonly say: (text: string) => void
  readonly files: Files
  readonly spawn: Spawn
  readonly env: Readonly<Record<string, string>>
}

const TIMEOUT_MS = 10_000
const MAX_FETCHES = 30

/** What the project includes from elsewhere: from the mirror folder, and remote files from the web. */
export function elsewhere(ports: ElsewherePorts): Elsewhere {
  let fetches = 0
  return {
    read: async (address) => {
      if (address.kind === 'file') return projectFile(address, ports)
      if (address.kind === 'component') return componentFile(address.address, ports)
      if (address.kind === 'template') return mirrored(`templates/${address.name}`, address.name, ports)
      const found = await remoteFile(address, { ports, mayFetch: () => ++fetches <= MAX_FETCHES })
      return checkedIntegrity(found, address.integrity)
    },
    paths: async (repository) => {
      const place = await repositoryOf(repository, ports)
      return place.kind === 'absent' ? place : pathsAt(place.git, place.sha)
    },
  }
}

type Place =
  | { readonly kind: 'there'; readonly git: Git; readonly sha: string }
  | { readonly kind: 'absent'; readonly reason: string }

/** A repository of the mirror at a ref. */
async function repositoryOf(
  { project, ref }: Exclude<RepositoryAt, null>,
  ports: ElsewherePorts,
): Promise<Place> {
  const folder = await projectFolder(project, ports)
  if (folder.kind === 'absent') return folder
  const git = gitIn(folder.path, ports.spawn, ports.env)
  const sha = await commitOf(git, ref)
  if (sha === undefined)
    return { kind: 'absent', reason: `${folder.path} has no branch, tag or commit ${ref}` }
  return { kind: 'there', git, sha }
}

type Folder =
  | { readonly kind: 'there'; readonly path: string }
  | { readonly kind: 'absent'; readonly reason: string }

async function projectFolder(project: string, { mirror }: ElsewherePorts): Promise<Folder> {
  if (mirror === undefined)
    return {
      kind: 'absent',
      reason: 'files of other projects are read from a mirror folder; name one with --mirror',
    }
  if (!isBelow(project)) return { kind: 'absent', reason: 'the path of the project is not one' }
  for (const name of [project, `${project}.git`]) {
    const path = join(mirror, name)
    if (await isFolder(path)) return { kind: 'there', path }
  }
  return {
    kind: 'absent',
    reason: `${join(mirror, project)} is not there: clone the project into the mirror folder`,
  }
}

async function projectFile(
  { repository, path }: Extract<Address, { kind: 'file' }>,
  ports: ElsewherePorts,
): Promise<SourceText> {
  if (repository === null) return { kind: 'absent' }
  const place = await repositoryOf(repository, ports)
  return place.kind === 'absent' ? place : textAt(place.git, place.sha, path)
}

/** `templates/NAME.yml` or `templates/NAME/template.yml` of the component's project, at the version that is asked for. */
async function componentFile(address: string, ports: ElsewherePorts): Promise<SourceText> {
  const parts = componentParts(address)
  if (parts === undefined)
    return { kind: 'absent', reason: 'a component is named HOST/GROUP/PROJECT/NAME@VERSION' }
  const folder = await projectFolder(parts.project, ports)
  if (folder.kind === 'absent') return shippedFor(parts, ports) ?? folder
  const git = gitIn(folder.path, ports.spawn, ports.env)
  const tags = ((await git.ask('tag', '--list')) ?? '').split('\n')
  const version = findVersion(parts.version, tags) ?? parts.version
  const sha = await commitOf(git, version)
  if (sha === undefined) return { kind: 'absent', reason: `${folder.path} has no version ${parts.version}` }
  for (const path of [`templates/${parts.name}.yml`, `templates/${parts.name}/template.yml`]) {
    const found = await textAt(git, sha, path)
    if (found.kind === 'absent') continue
    const component = { name: parts.name, sha, version, reference: parts.version }
    return { ...found, place: { repository: { project: parts.project, ref: sha }, path }, component }
  }
  return { kind: 'absent', reason: `${folder.path} has no component ${parts.name} at ${version}` }
}

function shippedFor(parts: ComponentParts, { shipped, say }: ElsewherePorts): SourceText | undefined {
  const found = shippedText(parts, shipped())
  if (found?.kind === 'text')
    say(`the component ${parts.name}@${parts.version} of ${parts.project} is the one of this program`)
  return found
}

async function mirrored(path: string, label: string, { mirror, files }: ElsewherePorts): Promise<SourceText> {
  if (mirror === undefined)
    return { kind: 'absent', reason: `${label} is read from a mirror folder; name one with --mirror` }
  if (!isBelow(path)) return { kind: 'absent', reason: 'the name leads out of the mirror folder' }
  const place = join(mirror, path)
  const bytes = (await isFile(place))
    ? await files.readIfThere(place, MAX_FILE_BYTES * 4, 'regular file')
    : undefined
  return bytes === undefined
    ? { kind: 'absent', reason: `${place} is not there` }
    : { kind: 'text', text: utf8Decode(bytes) }
}

async function remoteFile(
  { url, integrity }: Extract<Address, { kind: 'remote' }>,
  { ports, mayFetch }: { readonly ports: ElsewherePorts; readonly mayFetch: () => boolean },
): Promise<SourceText> {
  const { protocol, host, pathname } = new URL(url)
  if (ports.mirror !== undefined) {
    const found = await mirrored(`remote/${host}${pathname}`, url, ports)
    if (found.kind === 'text') return found
  }
  if (ports.http === undefined)
    return { kind: 'absent', reason: 'nothing is fetched here, and the mirror folder does not have it' }
  if (protocol !== 'https:' && integrity === null)
    return { kind: 'absent', reason: 'without TLS a file needs integrity: sha256-…' }
  if (!mayFetch()) return { kind: 'absent', reason: `more than ${MAX_FETCHES} files of the web` }
  return fetched(url, ports.http)
}

async function fetched(url: string, http: Http): Promise<SourceText> {
  try {
    const response = await http.request({ method: 'GET', url, timeoutMs: TIMEOUT_MS })
    const text = await response.text(MAX_FILE_BYTES)
    return response.status === 200
      ? { kind: 'text', text }
      : { kind: 'absent', reason: `the server answers ${response.status}` }
  } catch (error) {
    return { kind: 'absent', reason: describeError(error) }
  }
}

/** `sha256-` and the digest in base64, as for scripts of web pages. */
function checkedIntegrity(found: SourceText, integrity: string | null): SourceText {
  if (found.kind === 'absent' || integrity === null) return found
  const digest = `sha256-${createHash('sha256').update(found.text).digest('base64')}`
  return digest === integrity
    ? found
    : { kind: 'absent', reason: `its digest is ${digest}, not ${integrity.slice(0, 80)}` }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}
