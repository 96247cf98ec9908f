import { Hono, type Context } from 'hono'
import type { Access, Project } from '../access/index.ts'
import { sha256Hex, type Log } from '../base/index.ts'
import {
  nameOfFile,
  registryErrors,
  type PypiPackages,
  type ShownPackage,
  type StoredFile,
} from '../registry/index.ts'
import { registryFailures } from './authenticate.ts'
import { groupReader, type ReadableGroup } from './group-reader.ts'
import { createPageMemory, PAGE_MEMORY, type PageMemory } from './page-memory.ts'
import { sendFile, sendProvenance, type FilePlace } from './pypi-files.ts'
import { routesOn, type Bindings } from './route.ts'
import { askedName, sendPage, shownAs, writeNames, writePackage } from './simple-index.ts'
import { nameLinks, type PagePlace } from './simple-links.ts'
import { chooseMedia } from './simple-media.ts'

export interface PypiGroupParts {
  readonly pypi: PypiPackages
  readonly access: Access
  readonly log: Log
  /** By which clients reach the server, without a slash at the end. */
  readonly externalUrl: string
}

const PYPI = '/api/v4/groups/:id/-/packages/pypi'

/**
 * GitLab's index of a group: the packages of its projects and of those in its subgroups, of which only what who asks
 * may read is there. A package that several projects have is one page with the files of all, as on GitLab; of two files
 * of one name it has that of the project with the lower id. Nothing is uploaded or forwarded here.
 */
export function pypiGroupRoutes(parts: PypiGroupParts): Hono<Bindings> {
  const app = new Hono<Bindings>()
  app.onError(registryFailures(parts.log))
  const route = routesOn(app)
  const { pypi, access } = parts
  const reader = groupReader(access)
  const memory = createPageMemory(PAGE_MEMORY.groups)
  for (const slash of ['', '/']) {
    const page = (group: ReadableGroup): GroupPage => ({
      pypi,
      memory,
      group,
      place: { slash, base: `${parts.externalUrl}${PYPI.replace(':id', String(group.id))}` },
    })
    route.get(`${PYPI}/simple${slash}`, reader, (context, group) => sendNames(context, page(group)))
    route.get(`${PYPI}/simple/:name${slash}`, reader, (context, group) => sendMerged(context, page(group)))
  }
  route.get(`${PYPI}/files/:sha256/:file`, reader, (context, group) =>
    sendFile(context, filesOf(pypi, group)),
  )
  route.get(`${PYPI}/integrity/:name/:version/:file/provenance`, reader, (context, group) =>
    sendProvenance(context, filesOf(pypi, group)),
  )
  return app
}

interface GroupPage {
  readonly pypi: PypiPackages
  readonly memory: PageMemory
  readonly group: ReadableGroup
  readonly place: PagePlace
}

function filesOf(pypi: PypiPackages, group: ReadableGroup): FilePlace {
  return {
    pypi,
    where: group.path,
    projects: async (fileName) => {
      const name = nameOfFile(fileName)
      return name === undefined ? [] : ownersOf(pypi, group, name)
    },
  }
}

/** Who has the name on the whole server is few; who of them is in the group is asked one by one. */
async function ownersOf(pypi: PypiPackages, group: ReadableGroup, name: string): Promise<readonly Project[]> {
  const owners: Project[] = []
  for await (const id of pypi.projectsWith(name)) {
    const project = await group.project(id)
    if (project !== undefined) owners.push(project)
  }
  return owners
}

/** Not kept, and without a tag: what it is made of differs with who asks and has no one revision. */
async function sendNames(context: Context<Bindings>, { pypi, group, place }: GroupPage): Promise<Response> {
  const media = chooseMedia(context.req.header('accept'))
  const names = new Set<string>()
  for await (const project of group.projects()) for await (const name of pypi.names(project)) names.add(name)
  const sorted = ReadableStream.from([...names].toSorted())
  const page = writeNames(media, { title: group.path, names: nameLinks(place, sorted) })
  return context.body(ReadableStream.from(page), 200, {
    ...shownAs(media),
    'Cache-Control': 'no-cache',
    Vary: 'Accept',
  })
}

async function sendMerged(context: Context<Bindings>, page: GroupPage): Promise<Response> {
  const { pypi, group, place, memory } = page
  const name = askedName(context, group.path)
  const media = chooseMedia(context.req.header('accept'))
  const owners = await ownersOf(pypi, group, name)
  // The owners stand in it: who may read others gets another page, under another tag.
  const revision = sha256Hex((await revisionsOf(pypi, owners)).join(' ')).slice(0, 32)
  return sendPage(context, {
    memory,
    key: `${group.id}${place.slash} ${revision}`,
    revision,
    name,
    media,
    write: async () => {
      const all: ShownPackage[] = []
      for (const owner of owners) {
        const shown = await pypi.shown(owner, name)
        if (shown !== undefined) all.push(shown)
      }
      const [first] = all
      if (first === undefined)
        throw registryErrors('registry.unknown-package', `${group.path} has no package ${name}`)
      return writePackage(place, media, merged(first, all))
    },
  })
}

async function revisionsOf(pypi: PypiPackages, owners: readonly Project[]): Promise<readonly string[]> {
  const revisions: string[] = []
  for (const owner of owners) revisions.push(`${owner.id}:${await pypi.revision(owner)}`)
  return revisions
}

/** Quarantined or archived in one project, the package is what it is in the first in which it is neither. */
function merged(first: ShownPackage, all: readonly ShownPackage[]): ShownPackage {
  const { status, statusReason } = all.find((one) => one.status === 'active') ?? first
  return { ...first, status, statusReason, files: filesOnce(all) }
}

async function* filesOnce(packages: readonly ShownPackage[]): AsyncGenerator<StoredFile> {
  const seen = new Set<string>()
  for (const { files } of packages)
    for await (const file of files) {
      if (seen.has(file.fileName)) continue
      seen.add(file.fileName)
      yield file
    }
}
