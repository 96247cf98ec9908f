import type { Kysely } from 'kysely'
import { normalizeName, parseFileName, parseVersion } from '../../formats/python/index.ts'

/** What the step reads and writes, as the tables are when it is made. */
type Tables = {
  readonly package_files: {
    readonly id: number
    readonly package_id: number
    readonly project_id: number | null
    readonly kind: string | null
    readonly file_name: string
    readonly sha256: string
    readonly size: number
    readonly created_at_ms: number
  }
  readonly packages: { readonly id: number; readonly name_id: number; readonly version: string }
  readonly package_names: { readonly id: number; readonly name: string }
  readonly side_files: SideFile
}

interface SideFile {
  readonly project_id: number
  readonly file_name: string
  readonly ending: (typeof ENDINGS)[number]
  readonly source_id: number
  readonly sha256: string
  readonly size: number
  readonly put_by: number
  readonly created_at_ms: number
  readonly standing: 'new'
  readonly partner_id: null
}

const ENDINGS = ['.sig', '.crt', '.sigstore.json', '.publish.attestation'] as const
const PAGE = 500

/** Side files that were put before there were lists of them: they wait for their first verdict, like new ones. */
export async function adoptSideFiles(database: Kysely<unknown>): Promise<void> {
  const tables = database.$extendTables<Tables>()
  for (let afterId = 0; ;) {
    const files = await genericFiles(tables, afterId)
    for (const file of files) {
      const seal = sealOf(file)
      if (seal !== undefined) await tables.insertInto('side_files').values(seal).execute()
    }
    const last = files.at(-1)
    if (last === undefined) return
    afterId = last.id
  }
}

function genericFiles(tables: Kysely<Tables>, afterId: number) {
  return tables
    .selectFrom('package_files')
    .innerJoin('packages', 'packages.id', 'package_files.package_id')
    .innerJoin('package_names', 'package_names.id', 'packages.name_id')
    .select(['package_files.id', 'package_files.project_id', 'file_name', 'sha256', 'size'])
    .select(['package_files.created_at_ms', 'packages.version', 'package_names.name'])
    .where('package_files.kind', '=', 'generic')
    .where('package_files.id', '>', afterId)
    .orderBy('package_files.id')
    .limit(PAGE)
    .execute()
}

type GenericFile = Awaited<ReturnType<typeof genericFiles>>[number]

/** Undefined for what is no side file of a distribution. Who put it was not written down. */
function sealOf(file: GenericFile): SideFile | undefined {
  const { id, project_id, sha256, size, created_at_ms } = file
  for (const ending of ENDINGS) {
    const fileName = file.file_name.slice(0, -ending.length)
    if (project_id === null || !file.file_name.endsWith(ending) || !isPlaceOf(fileName, file)) continue
    const place = { project_id, file_name: fileName, ending }
    const state = { standing: 'new', partner_id: null } as const
    return { ...place, source_id: id, sha256, size, put_by: 0, created_at_ms, ...state }
  }
  return undefined
}

function isPlaceOf(fileName: string, { name, version }: GenericFile): boolean {
  try {
    const parsed = parseFileName(fileName)
    return normalizeName(name) === parsed.name && parseVersion(version).key === parsed.version.key
  } catch {
    return false
  }
}
