import type { Insertable, Kysely, Selectable, Transaction } from 'kysely'
import type { GoneFile, KnownFile, ListedFile, UpstreamName } from '../../gate/index.ts'
import { allRows, inBatches, inPages, PAGE_ROWS } from './gate-batches.ts'
import type { GateTables } from './gate-tables.ts'

type Tables = Kysely<GateTables>
type Step = Transaction<GateTables>
type FileRow = Selectable<GateTables['gate_files']>
/** What a page says of a file, and what stays of what it said before. */
type FileState = Omit<Insertable<GateTables['gate_files']>, 'id' | 'served_at_ms'>

/** In the order of first sight. */
export async function listFiles(tables: Tables, place: UpstreamName): Promise<readonly KnownFile[]> {
  const rows = await allRows(tables, (step, afterId) => filesAt(step, place, afterId))
  return rows.map(toFile)
}

function filesAt(
  tables: Tables,
  { upstream, name }: UpstreamName,
  afterId: number,
): Promise<readonly FileRow[]> {
  return tables
    .selectFrom('gate_names')
    .innerJoin('gate_files', 'gate_files.name_id', 'gate_names.id')
    .selectAll('gate_files')
    .where('gate_names.upstream', '=', upstream)
    .where('gate_names.name', '=', name)
    .where('gate_files.id', '>', afterId)
    .orderBy('gate_files.id')
    .limit(PAGE_ROWS)
    .execute()
}

/** The latest first, whatever upstream they are of. */
export async function listGone(
  tables: Tables,
  { sinceMs, limit }: { readonly sinceMs: number; readonly limit: number },
): Promise<readonly GoneFile[]> {
  const rows = await tables
    .selectFrom('gate_files')
    .select(['name_id', 'version', 'file_name', 'gone_at_ms'])
    .where('gone_at_ms', '>=', sinceMs)
    .orderBy('gone_at_ms', 'desc')
    .limit(limit)
    .execute()
  const places = new Map<number, UpstreamName>()
  await inBatches([...new Set(rows.map(({ name_id }) => name_id))], async (ids) => {
    const names = tables.selectFrom('gate_names').select(['id', 'upstream', 'name']).where('id', 'in', ids)
    for (const { id, ...place } of await names.execute()) places.set(id, place)
  })
  return rows.flatMap(({ name_id, version, file_name: fileName, gone_at_ms: goneAtMs }) => {
    const place = places.get(name_id)
    return place === undefined || goneAtMs === null ? [] : [{ ...place, version, fileName, goneAtMs }]
  })
}

interface Sight {
  readonly nameId: number
  readonly atMs: number
}

/** Brings the rows of a name to what its page lists now; all that it does not list is gone. Whether anything changed. */
export async function keepFiles(step: Step, files: readonly ListedFile[], sight: Sight): Promise<boolean> {
  const listed = byFileName(files)
  const changed: FileState[] = []
  await inPages(
    (afterId) => rowsOf(step, sight.nameId, afterId),
    (rows) => {
      for (const row of rows) {
        const state = stateAfter(row, listed.get(row.file_name), sight)
        listed.delete(row.file_name)
        if (!isSame(row, state)) changed.push(state)
      }
    },
  )
  await inBatches(changed, (states) => writeStates(step, states))
  const added = await addSightings(step, listed, sight)
  return changed.length + added > 0
}

/** The files of a name that has no rows. */
export async function addFiles(step: Step, files: readonly ListedFile[], sight: Sight): Promise<void> {
  await addSightings(step, byFileName(files), sight)
}

/** How many files that are. */
async function addSightings(
  step: Step,
  listed: ReadonlyMap<string, readonly ListedFile[]>,
  sight: Sight,
): Promise<number> {
  const added = [...listed.values()]
  await inBatches(added, (batch) =>
    writeStates(
      step,
      batch.map((sightings) => stateAfter(undefined, sightings, sight)),
    ),
  )
  return added.length
}

/** A page may list a name twice: the second is then as if another page had listed it later. */
function byFileName(files: readonly ListedFile[]): Map<string, ListedFile[]> {
  const listed = new Map<string, ListedFile[]>()
  for (const file of files) {
    const sightings = listed.get(file.fileName)
    if (sightings === undefined) listed.set(file.fileName, [file])
    else sightings.push(file)
  }
  return listed
}

function rowsOf(step: Step, nameId: number, afterId: number): Promise<readonly FileRow[]> {
  return step
    .selectFrom('gate_files')
    .selectAll()
    .where('name_id', '=', nameId)
    .where('id', '>', afterId)
    .orderBy('id')
    .limit(PAGE_ROWS)
    .execute()
}

function stateAfter(row: FileRow, sightings: readonly ListedFile[] | undefined, sight: Sight): FileState
function stateAfter(row: undefined, sightings: readonly ListedFile[], sight: Sight): FileState
function stateAfter(
  row: FileRow | undefined,
  sightings: readonly ListedFile[] = [],
  sight: Sight,
): FileState | undefined {
  if (row !== undefined && sightings.length === 0)
    return { ...stateOf(row), gone_at_ms: row.gone_at_ms ?? sight.atMs }
  let state: FileState | undefined = row && stateOf(row)
  for (const file of sightings) state = seen(state, file, sight)
  return state
}

/** The first digest stays, whatever is listed later; where none was given, the first that is. */
function seen(before: FileState | undefined, file: ListedFile, { nameId, atMs }: Sight): FileState {
  const first = before?.sha256 ?? file.sha256
  const isOther = file.sha256 !== null && file.sha256 !== first
  return {
    name_id: nameId,
    ...listedColumns(file),
    sha256: first,
    first_seen_at_ms: before?.first_seen_at_ms ?? atMs,
    gone_at_ms: null,
    changed_sha256: before?.changed_sha256 ?? (isOther ? file.sha256 : null),
  }
}

/** What every page replaces. */
function listedColumns(file: ListedFile) {
  return {
    file_name: file.fileName,
    version_key: file.versionKey,
    version: file.version,
    kind: file.kind,
    size_bytes: file.sizeBytes,
    url: file.url,
    uploaded_at_ms: file.uploadedAtMs,
    requires_python: file.requiresPython,
    yanked: file.yanked,
    provenance: file.provenance.kind,
    provenance_url: file.provenance.kind === 'at' ? file.provenance.url : null,
    offers_metadata: file.offersMetadata ? 1 : 0,
    metadata_sha256: file.metadataSha256,
  }
}

function stateOf({ id: _id, served_at_ms: _servedAtMs, ...state }: FileRow): FileState {
  return state
}

function isSame(row: FileRow, state: FileState): boolean {
  return (Object.keys(state) as (keyof FileState)[]).every((column) => row[column] === state[column])
}

const NEVER_REWRITTEN: ReadonlySet<string> = new Set(['name_id', 'file_name', 'first_seen_at_ms'])

async function writeStates(step: Step, states: readonly FileState[]): Promise<void> {
  const columns = Object.keys(states[0] ?? {}) as (keyof FileState)[]
  const rewritten = columns.filter((column) => !NEVER_REWRITTEN.has(column))
  await step
    .insertInto('gate_files')
    .values(states)
    .onConflict((conflict) =>
      conflict
        .columns(['name_id', 'file_name'])
        .doUpdateSet((given) =>
          Object.fromEntries(rewritten.map((column) => [column, given.ref(`excluded.${column}`)])),
        ),
    )
    .execute()
}

function toFile(row: FileRow): KnownFile {
  return {
    fileName: row.file_name,
    versionKey: row.version_key,
    version: row.version,
    kind: row.kind,
    sha256: row.sha256,
    sizeBytes: row.size_bytes,
    url: row.url,
    uploadedAtMs: row.uploaded_at_ms,
    requiresPython: row.requires_python,
    yanked: row.yanked,
    provenance: toProvenance(row),
    offersMetadata: row.offers_metadata === 1,
    metadataSha256: row.metadata_sha256,
    firstSeenAtMs: row.first_seen_at_ms,
    goneAtMs: row.gone_at_ms,
    changedSha256: row.changed_sha256,
    servedAtMs: row.served_at_ms,
  }
}

function toProvenance({ provenance, provenance_url }: FileRow): KnownFile['provenance'] {
  if (provenance !== 'at') return { kind: provenance }
  if (provenance_url === null) throw new Error('a row says that there is provenance, and not where')
  return { kind: 'at', url: provenance_url }
}
