import { parseJson, utf8Decode, type JsonValue } from '../../base/index.ts'
import {
  isName,
  nameInFileNames,
  normalizeName,
  parseFileName,
  parseVersion,
} from '../../formats/python/index.ts'
import type { ListedFile } from '../../gate/index.ts'
import { netErrors } from '../errors.ts'
import { bytesAt, type Io } from './ask.ts'
import { shownUrl } from './place.ts'

const PROJECT = /^(.*)\/projects\/([^/]+)\/packages\/pypi\/simple\/$/
const GROUP = /^(.*)\/groups\/([^/]+)\/-\/packages\/pypi\/simple\/$/
const MAX_ROWS = 100
/** A package that more projects have is none of one project. */
const MAX_PROJECTS = 5
const MAX_BYTES = 4 << 20

/**
 * Where a GitLab's generic registry may have the seals of a file: `…/packages/generic/NAME/VERSION`. The project is that
 * of the index; the pages of a group say nothing of it, so that its packages of this name and version are asked for.
 * Throws `net.url` for an index that is no GitLab's.
 */
export function genericUrls(io: Io): (file: ListedFile) => Promise<readonly string[]> {
  const { index } = io.place
  const project = PROJECT.exec(index.pathname)
  if (project !== null)
    return async (file) => placesIn(`${index.origin}${project[1]}`, [projectOf(project[2] ?? '')], file)
  const group = GROUP.exec(index.pathname)
  if (group === null)
    throw netErrors(
      'net.url',
      `${shownUrl(index)} is not the index of a GitLab, which seals = "generic" needs`,
      {
        hint: 'use https://HOST/api/v4/projects/ID/packages/pypi/simple or …/groups/ID/-/packages/pypi/simple',
      },
    )
  const api = `${index.origin}${group[1]}`
  return async (file) => placesIn(api, await projectsOf(io, `${api}/groups/${group[2]}`, file), file)
}

interface GitlabProject {
  /** Numeric, or the path, as it stands in a URL. */
  readonly id: string
  readonly name?: string
}

/** Of the segment of a URL. */
function projectOf(id: string): GitlabProject {
  return /^\d+$/.test(id) ? { id } : { id, name: id.split(/%2f/i).at(-1) ?? '' }
}

/** Which name the package has no rule says: the tutorial takes the project's, with its hyphens. */
function placesIn(api: string, projects: readonly GitlabProject[], file: ListedFile): readonly string[] {
  const { names, versions } = spellingsOf(file)
  return projects.flatMap(({ id, name }) =>
    plain([...(name === undefined ? [] : [name]), ...names]).flatMap((one) =>
      versions.map((version) => `${api}/projects/${id}/packages/generic/${one}/${version}`),
    ),
  )
}

interface Spellings {
  readonly names: readonly string[]
  readonly versions: readonly string[]
}

/** Normalised, with underscores, and as the file name has it, each once. */
function spellingsOf({ fileName, version }: ListedFile): Spellings {
  const { name, kind } = parseFileName(fileName)
  const stem = kind === 'sdist' ? fileName.slice(0, -'.tar.gz'.length) : fileName
  const dash = kind === 'sdist' ? stem.lastIndexOf('-') : stem.indexOf('-')
  const [spelledName, spelledVersion = ''] = [stem.slice(0, dash), stem.slice(dash + 1).split('-')[0]]
  return {
    names: plain([name, nameInFileNames(name), spelledName]),
    versions: plain([spelledVersion, version]),
  }
}

/** What the generic registry takes, each once: nothing of a path, and no version with an epoch. */
function plain(texts: readonly string[]): readonly string[] {
  return [...new Set(texts.filter((text) => /^(?!.*\.\.)[A-Za-z0-9._+-]+$/.test(text)))]
}

/** Throws `net.reply`, `net.refused`. */
async function projectsOf(io: Io, group: string, file: ListedFile): Promise<readonly GitlabProject[]> {
  const { names, versions } = spellingsOf(file)
  const projects = new Map<string, GitlabProject>()
  for (const name of names)
    for (const version of versions) {
      const query = new URLSearchParams({
        package_type: 'pypi',
        package_name: name,
        package_version: version,
        per_page: String(MAX_ROWS),
      })
      for (const row of await releaseRows(io, `${group}/packages?${query.toString()}`, file))
        projects.set(String(row.project_id), projectOfRow(row))
    }
  if (projects.size > MAX_PROJECTS)
    throw netErrors('net.reply', `more than ${MAX_PROJECTS} projects have ${file.fileName}`)
  return [...projects.values()]
}

function projectOfRow({ project_id: id, project_path: path }: Row): GitlabProject {
  return { id: `${id}`, ...(typeof path === 'string' && { name: path.split('/').at(-1) ?? '' }) }
}

/** GitLab's search takes every name that contains the one asked for. */
async function releaseRows(io: Io, url: string, file: ListedFile): Promise<readonly Row[]> {
  const asked = { accept: 'application/json', maxBytes: MAX_BYTES, timeoutMs: io.limits.sealMs }
  const bytes = await bytesAt(io, url, asked)
  const rows = bytes === undefined ? undefined : rowsOf(bytes)
  if (rows === undefined || rows.length >= MAX_ROWS)
    throw netErrors('net.reply', `${shownUrl(new URL(url))} gave no list of at most ${MAX_ROWS} packages`, {
      hint: 'use the index of the project in place of that of the group, or seals = "provenance"',
    })
  return rows.filter((row) => isRelease(row, file))
}

type Row = Readonly<Record<string, JsonValue>> & { readonly project_id: number }

function rowsOf(bytes: Uint8Array): readonly Row[] | undefined {
  try {
    const rows = parseJson(utf8Decode(bytes), { maxLength: MAX_BYTES })
    return Array.isArray(rows) && rows.every(isRow) ? rows : undefined
  } catch {
    return undefined
  }
}

function isRow(value: JsonValue): value is Row {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return false
  return 'project_id' in value && Number.isSafeInteger(value.project_id)
}

function isRelease({ name, version }: Row, file: ListedFile): boolean {
  if (typeof name !== 'string' || typeof version !== 'string' || !isName(name)) return false
  if (normalizeName(name) !== parseFileName(file.fileName).name) return false
  try {
    return parseVersion(version).key === file.versionKey
  } catch {
    return false
  }
}
