import type { Kysely, Selectable } from 'kysely'
import type { GateStore, SealVerdictKey, StoredSeal } from '../../gate/index.ts'
import { inBatches } from './gate-batches.ts'
import { readVerdicts } from './gate-json.ts'
import type { GateTables } from './gate-tables.ts'
import type { Together } from './together.ts'

type Tables = Kysely<GateTables>

export function sealQueries(
  tables: Tables,
  together: Together<GateTables>,
): Pick<
  GateStore,
  | 'addSeal'
  | 'sealsOf'
  | 'findVerdicts'
  | 'keepVerdicts'
  | 'keepSealSearch'
  | 'findSealSearches'
  | 'findMetadata'
  | 'keepMetadata'
> {
  return {
    addSeal: (seal) => together((step) => addSeal(step, seal)),
    sealsOf: async (upstream, fileSha256) => {
      const all = tables.selectFrom('gate_seals').selectAll().where('upstream', '=', upstream)
      const seals = all.where('file_sha256', '=', fileSha256)
      return (await seals.orderBy('id').execute()).map(toSeal)
    },
    findVerdicts: async (key) => {
      const row = await verdictOf(tables, key)
      return row && readVerdicts(row.verdict)
    },
    keepVerdicts: (key, verdicts) => {
      const verdict = JSON.stringify(verdicts)
      return together((step) => keepVerdict(step, key, verdict))
    },
    keepSealSearch: (fileSha256, upstream, ...[found, atMs]) =>
      together((step) => keepSearch(step, { upstream, file_sha256: fileSha256, found, at_ms: atMs })),
    findSealSearches: (upstream, fileSha256s) => findSearches(tables, upstream, fileSha256s),
    findMetadata: async (fileSha256) => {
      const kept = tables.selectFrom('gate_metadata').select('bytes').where('file_sha256', '=', fileSha256)
      return (await kept.executeTakeFirst())?.bytes
    },
    keepMetadata: (fileSha256, bytes) =>
      together((step) => keepMetadata(step, { file_sha256: fileSha256, bytes })),
  }
}

async function keepMetadata(tables: Tables, row: GateTables['gate_metadata']): Promise<void> {
  await tables
    .insertInto('gate_metadata')
    .values(row)
    .onConflict((conflict) => conflict.column('file_sha256').doNothing())
    .execute()
}

async function addSeal(tables: Tables, seal: StoredSeal): Promise<void> {
  await tables
    .insertInto('gate_seals')
    .values({
      upstream: seal.upstream,
      file_sha256: seal.fileSha256,
      sha256: seal.sha256,
      kind: seal.kind,
      source: seal.source,
      bytes: seal.bytes,
      seen_at_ms: seal.seenAtMs,
    })
    .onConflict((conflict) => conflict.columns(['upstream', 'file_sha256', 'sha256']).doNothing())
    .execute()
}

function toSeal(row: Selectable<GateTables['gate_seals']>): StoredSeal {
  return {
    upstream: row.upstream,
    fileSha256: row.file_sha256,
    sha256: row.sha256,
    kind: row.kind,
    source: row.source,
    bytes: row.bytes,
    seenAtMs: row.seen_at_ms,
  }
}

function verdictOf(tables: Tables, key: SealVerdictKey) {
  return tables
    .selectFrom('gate_verdicts')
    .select('verdict')
    .where('file_sha256', '=', key.fileSha256)
    .where('file_name', '=', key.fileName)
    .where('seal_sha256', '=', key.sealSha256)
    .where('roots_sha256', '=', key.rootsSha256)
    .where('verifier', '=', key.verifier)
    .executeTakeFirst()
}

async function keepVerdict(tables: Tables, key: SealVerdictKey, verdict: string): Promise<void> {
  const columns = {
    file_sha256: key.fileSha256,
    file_name: key.fileName,
    seal_sha256: key.sealSha256,
    roots_sha256: key.rootsSha256,
    verifier: key.verifier,
  }
  const names = ['file_sha256', 'file_name', 'seal_sha256', 'roots_sha256', 'verifier'] as const
  await tables
    .insertInto('gate_verdicts')
    .values({ ...columns, verdict })
    .onConflict((conflict) => conflict.columns(names).doUpdateSet({ verdict }))
    .execute()
}

type SearchRow = GateTables['gate_seal_searches']

async function keepSearch(tables: Tables, row: SearchRow): Promise<void> {
  const { found, at_ms } = row
  await tables
    .insertInto('gate_seal_searches')
    .values(row)
    .onConflict((conflict) => conflict.columns(['upstream', 'file_sha256']).doUpdateSet({ found, at_ms }))
    .execute()
}

async function findSearches(
  tables: Tables,
  upstream: string,
  fileSha256s: readonly string[],
): Promise<ReadonlyMap<string, { readonly found: SearchRow['found']; readonly atMs: number }>> {
  const searches = new Map<string, { readonly found: SearchRow['found']; readonly atMs: number }>()
  await inBatches(fileSha256s, async (batch) => {
    const kept = tables.selectFrom('gate_seal_searches').selectAll().where('upstream', '=', upstream)
    for (const row of await kept.where('file_sha256', 'in', batch).execute())
      searches.set(row.file_sha256, { found: row.found, atMs: row.at_ms })
  })
  return searches
}
