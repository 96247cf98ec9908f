import type { Project } from '../access/index.ts'
import { isName, normalizeName } from '../formats/python/index.ts'
import {
  nameOfFile,
  type FileSeals,
  type PypiPackages,
  type Seals,
  type StoredFile,
} from '../registry/index.ts'

export interface ViewParts {
  readonly pypi: PypiPackages
  /** What is known of the seals of a file, from what is kept. */
  readonly seals: Pick<Seals, 'describe'>
}

/** What a reader asked for; what is not there was not said. */
export interface Asked {
  /** A package; else the one with the newest file. */
  readonly name?: string | undefined
  /** Where the list of packages goes on. */
  readonly after?: string | undefined
  /** Where the files of the package go on: those older than this one. */
  readonly beforeId?: number | undefined
}

/** What a page shows of a project: a bounded part of it, however much is stored. */
export interface ProjectView {
  readonly project: Project
  /** Normalised, in order. */
  readonly names: readonly string[]
  /** Where the list of packages goes on; undefined at its end. */
  readonly after: string | undefined
  readonly shown: PackageView | undefined
  /** The package that was asked for and is not there. */
  readonly missing: string | undefined
}

export interface PackageView {
  /** Normalised. */
  readonly name: string
  /** As its first file spelled it. */
  readonly title: string
  readonly status: string
  /** '' without one. */
  readonly statusReason: string
  /** Newest first, without those that were deleted. */
  readonly files: readonly FileView[]
  /** Where the files go on; undefined at their end. */
  readonly beforeId: number | undefined
}

export interface FileView {
  readonly file: StoredFile
  readonly seals: FileSeals
}

export const NAMES_ON_A_PAGE = 100
export const FILES_ON_A_PAGE = 20

export async function viewProject(parts: ViewParts, project: Project, asked: Asked): Promise<ProjectView> {
  const { after = '', name } = asked
  const more = await parts.pypi.namesAfter(project, { after, limit: NAMES_ON_A_PAGE + 1 })
  const names = more.slice(0, NAMES_ON_A_PAGE)
  const wanted = name === undefined ? await newestName(parts, project) : readName(name)
  const shown =
    wanted === undefined ? undefined : await viewPackage(parts, project, { ...asked, name: wanted })
  return {
    project,
    names,
    after: more.length > names.length ? names.at(-1) : undefined,
    shown,
    missing: shown === undefined ? name : undefined,
  }
}

async function newestName({ pypi }: ViewParts, project: Project): Promise<string | undefined> {
  const [newest] = await pypi.newest(project, { limit: 1 })
  return newest === undefined ? undefined : nameOfFile(newest.fileName)
}

function readName(text: string): string | undefined {
  return isName(text) ? normalizeName(text) : undefined
}

async function viewPackage(
  { pypi, seals }: ViewParts,
  project: Project,
  { name, beforeId }: { readonly name: string; readonly beforeId?: number | undefined },
): Promise<PackageView | undefined> {
  const found = await pypi.shown(project, name)
  if (found === undefined) return undefined
  const { title, status, statusReason } = found
  const page = { limit: FILES_ON_A_PAGE + 1, ...(beforeId === undefined ? {} : { beforeId }) }
  const more = await pypi.filesBefore(project, name, page)
  const onPage = more.slice(0, FILES_ON_A_PAGE)
  const files: FileView[] = []
  for (const file of onPage)
    if (file.deletedAtMs === null) files.push({ file, seals: await seals.describe(project, file) })
  return {
    name,
    title,
    status,
    statusReason,
    files,
    beforeId: more.length > onPage.length ? onPage.at(-1)?.id : undefined,
  }
}
