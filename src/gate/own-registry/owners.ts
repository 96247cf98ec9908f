import type { Access, Project } from '../../access/index.ts'
import { parseFileName } from '../../formats/python/index.ts'
import type { PypiPackages, StoredFile } from '../../registry/index.ts'
import { gateErrors } from '../errors.ts'
import type { ListedFile } from '../facts.ts'

export interface OwnRegistryParts {
  /** Of the upstream, by its configuration. */
  readonly name: string
  /** Path of a project, or of a group with all that is below it. */
  readonly path: string
  /** By which clients reach the server, without a slash at the end. */
  readonly externalUrl: string
  readonly pypi: Pick<PypiPackages, 'projectsWith' | 'shown' | 'revision' | 'find' | 'open'>
  readonly access: Pick<Access, 'findProject' | 'findGroup'>
}

/** Projects that have a package, and the address of the index that shows them together. */
export interface Owners {
  /** URL of the PyPI routes, without a slash at the end. */
  readonly base: string
  /** By id: of two files of one name, the first counts. */
  readonly projects: readonly Project[]
}

/** Throws `gate.registry` where neither project nor group has the path. */
export async function ownersOf(
  { path, externalUrl, access, pypi }: OwnRegistryParts,
  name: string,
): Promise<Owners> {
  const api = `${externalUrl}/api/v4`
  const own = await access.findProject(path)
  if (own !== undefined) return { base: `${api}/projects/${own.id}/packages/pypi`, projects: [own] }
  const group = await access.findGroup(path)
  if (group === undefined)
    throw gateErrors('gate.registry', `this server has no project and no group ${path}`, {
      hint: 'create it, or correct registry of the upstream in the configuration of the gate',
    })
  const projects: Project[] = []
  for await (const id of pypi.projectsWith(name)) {
    const project = await access.findProject(id)
    if (project?.path.startsWith(`${group.path}/`) === true) projects.push(project)
  }
  return { base: `${api}/groups/${group.id}/-/packages/pypi`, projects }
}

export interface OwnFile {
  readonly project: Project
  readonly stored: StoredFile
}

/** The one that the page lists: of that name and digest. Throws `gate.registry` where it is there no more. */
export async function ownFile(parts: OwnRegistryParts, { fileName, sha256 }: ListedFile): Promise<OwnFile> {
  const { projects } = await ownersOf(parts, parseFileName(fileName).name)
  for (const project of projects) {
    const stored = await parts.pypi.find(project, { fileName, ...(sha256 === null ? {} : { sha256 }) })
    const isShown = stored?.deletedAtMs === null && stored.quarantinedReason === null
    if (stored !== undefined && isShown) return { project, stored }
  }
  throw gateErrors('gate.registry', `${parts.path} no longer has ${fileName}`)
}
