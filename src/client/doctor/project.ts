import { join } from 'node:path'
import * as v from 'valibot'
import { utf8Decode } from '../../base/index.ts'
import { parseToml } from '../../formats/toml/index.ts'
import type { DoctorIo } from './io.ts'

export interface ProjectFile {
  readonly path: string
  readonly name: string | undefined
  /** Undefined where the back end finds it out. */
  readonly version: string | undefined
  readonly isVersionDynamic: boolean
}

const Fields = v.looseObject({
  name: v.optional(v.string('must be a string')),
  version: v.optional(v.string('must be a string')),
})
const Pyproject = v.looseObject({
  project: v.optional(v.looseObject({ ...Fields.entries, dynamic: v.optional(v.array(v.string()), []) })),
  tool: v.optional(v.looseObject({ poetry: v.optional(Fields) })),
})
const MAX_BYTES = 1 << 20

export type ReadProject =
  | { readonly file: ProjectFile }
  | { readonly complaint: string; readonly path: string }

/** `[project]`, or Poetry's own table, of the working directory. Undefined where there is no pyproject.toml. */
export async function readProject({ folder, files }: DoctorIo): Promise<ReadProject | undefined> {
  const path = join(folder, 'pyproject.toml')
  const bytes = await files.readIfThere(path, MAX_BYTES, 'regular file')
  if (bytes === undefined) return undefined
  const result = parseToml(utf8Decode(bytes), Pyproject)
  if (!result.ok) return { path, complaint: `${path}:${result.complaint.position}: ${result.complaint.fact}` }
  return { file: { path, ...fieldsOf(result.value) } }
}

function fieldsOf({ project, tool }: v.InferOutput<typeof Pyproject>): Omit<ProjectFile, 'path'> {
  const tables = [project, tool?.poetry]
  const find = (key: 'name' | 'version'): string | undefined =>
    tables.map((table) => table?.[key]).find((value) => value !== undefined)
  return {
    name: find('name'),
    version: find('version'),
    isVersionDynamic: project?.dynamic.includes('version') ?? false,
  }
}
