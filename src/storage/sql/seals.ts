import type { Insertable, Kysely, Selectable } from 'kysely'
import type {
  NewSeal,
  RuleState,
  SealedFile,
  SealStore,
  StoredSeal,
  StoredVerdict,
  VerdictKey,
} from '../../registry/index.ts'
import type { Database } from './database.ts'
import { NO, toFile, withNames, YES } from './registry-rows.ts'
import type { RegistryTables } from './registry-tables.ts'
import type { SealTables } from './seals-tables.ts'
import { alone } from './transactions.ts'

export { sealMigrations } from './seals-tables.ts'

type Tables = Kysely<SealTables>

export function createSealStore(database: Database): SealStore {
  const tables = database.$extendTables<SealTables>()
  const files = database.$extendTables<RegistryTables>()
  return {
    ...sideFileQueries(tables),
    ...verdictQueries(tables),
    ...ruleQueries(tables),
    stands: async (sourceId) => {
      const source = files.selectFrom('package_files').select('deleted_at_ms').where('id', '=', sourceId)
      return (await source.executeTakeFirst())?.deleted_at_ms === null
    },
    listDistributions: async (projectId, page) => {
      const shown = await distributions(files, { projectId, isShown: YES, ...page })
      const hidden = await distributions(files, { projectId, isShown: NO, ...page })
      const newestFirst = [...shown, ...hidden].toSorted((a, b) => b.id - a.id)
      return newestFirst.slice(0, page.limit).map(toFile)
    },
  }
}

interface DistributionPage {
  readonly projectId: number
  readonly isShown: number
  readonly beforeId: number
  readonly limit: number
}

/** In the order of the index in which shown files stand apart from the others. */
function distributions(
  files: Kysely<RegistryTables>,
  { projectId, isShown, beforeId, limit }: DistributionPage,
) {
  return withNames(files)
    .where('package_files.project_id', '=', projectId)
    .where('package_files.kind', '=', 'pypi')
    .where('package_files.is_shown', '=', isShown)
    .where('package_files.id', '<', beforeId)
    .orderBy('package_files.id', 'desc')
    .limit(limit)
    .execute()
}

type Place = Parameters<SealStore['newestSeal']>[0]

function sealsAt(tables: Tables, { projectId, fileName, ending }: Place) {
  return tables
    .selectFrom('side_files')
    .selectAll()
    .where('project_id', '=', projectId)
    .where('file_name', '=', fileName)
    .where('ending', '=', ending)
}

type SideFileQueries = Pick<
  SealStore,
  'addSeal' | 'findSeal' | 'listSeals' | 'newestSeal' | 'nearSeals' | 'settleSeal'
>

function sideFileQueries(tables: Tables): SideFileQueries {
  return {
    addSeal: (seal) => alone(tables, (step) => addSeal(step, seal)),
    findSeal: async (id) => {
      const row = await tables.selectFrom('side_files').selectAll().where('id', '=', id).executeTakeFirst()
      return row && toSeal(row)
    },
    listSeals: async (place, { standing, order, from, limit }) => {
      const all = sealsAt(tables, place).where('standing', '=', standing)
      const page =
        order === 'newest'
          ? all.where('id', '<', from).orderBy('id', 'desc')
          : all.where('id', '>', from).orderBy('id')
      return (await page.limit(limit).execute()).map(toSeal)
    },
    newestSeal: async (place) => {
      const row = await sealsAt(tables, place).orderBy('id', 'desc').limit(1).executeTakeFirst()
      return row && toSeal(row)
    },
    nearSeals: (place, near) => nearSeals(tables, place, near),
    settleSeal: async (id, standing, partnerId) => {
      const changed = { standing, partner_id: partnerId }
      await tables.updateTable('side_files').set(changed).where('id', '=', id).execute()
    },
  }
}

async function addSeal(tables: Tables, seal: NewSeal): Promise<StoredSeal> {
  const row = {
    project_id: seal.projectId,
    file_name: seal.fileName,
    ending: seal.ending,
    source_id: seal.sourceId,
    sha256: seal.sha256,
    size: seal.size,
    put_by: seal.putBy,
    created_at_ms: seal.createdAtMs,
    standing: 'new',
    partner_id: null,
  } as const
  const added = await tables
    .insertInto('side_files')
    .values(row)
    .onConflict((conflict) => conflict.column('source_id').doNothing())
    .returningAll()
    .executeTakeFirst()
  if (added !== undefined) return toSeal(added)
  const stands = tables.selectFrom('side_files').selectAll().where('source_id', '=', seal.sourceId)
  return toSeal(await stands.executeTakeFirstOrThrow())
}

async function nearSeals(
  tables: Tables,
  place: Place,
  { id, limit, putBy }: Parameters<SealStore['nearSeals']>[1],
): Promise<readonly StoredSeal[]> {
  const all = sealsAt(tables, place)
  const some = putBy === undefined ? all : all.where('put_by', '=', putBy)
  const before = await some.where('id', '<', id).orderBy('id', 'desc').limit(limit).execute()
  const after = await some.where('id', '>', id).orderBy('id').limit(limit).execute()
  return [...before, ...after].map(toSeal)
}

function toSeal(row: Selectable<SealTables['side_files']>): StoredSeal {
  return {
    id: row.id,
    projectId: row.project_id,
    fileName: row.file_name,
    ending: row.ending,
    sourceId: row.source_id,
    sha256: row.sha256,
    size: row.size,
    putBy: row.put_by,
    createdAtMs: row.created_at_ms,
    standing: row.standing,
    partnerId: row.partner_id,
  }
}

type VerdictQueries = Pick<SealStore, 'findVerdict' | 'keepVerdict' | 'findSealed' | 'keepSealed' | 'listDue'>

function verdictQueries(tables: Tables): VerdictQueries {
  return {
    findVerdict: (key) => findVerdict(tables, key),
    keepVerdict: (key, verdict) => keepVerdict(tables, key, verdict),
    findSealed: async ({ projectId, fileName }) => {
      const rows = tables.selectFrom('sealed_files').selectAll().where('project_id', '=', projectId)
      const row = await rows.where('file_name', '=', fileName).executeTakeFirst()
      return row && toSealed(row)
    },
    keepSealed: async (file) => {
      const row = fromSealed(file)
      await tables
        .insertInto('sealed_files')
        .values(row)
        .onConflict((conflict) => conflict.columns(['project_id', 'file_name']).doUpdateSet(row))
        .execute()
    },
    listDue: async ({ nowMs, limit }) => {
      const due = tables.selectFrom('sealed_files').selectAll().where('due_at_ms', '<=', nowMs)
      return (await due.orderBy('due_at_ms').limit(limit).execute()).map(toSealed)
    },
  }
}

async function findVerdict(tables: Tables, key: VerdictKey): Promise<StoredVerdict | undefined> {
  const row = await tables
    .selectFrom('seal_verdicts')
    .select(['outcome', 'report', 'judged_at_ms'])
    .where('file_sha256', '=', key.fileSha256)
    .where('file_name', '=', key.fileName)
    .where('seal_sha256', '=', key.sealSha256)
    .where('rule_sha256', '=', key.ruleSha256)
    .where('roots_sha256', '=', key.rootsSha256)
    .executeTakeFirst()
  return row && { outcome: row.outcome, report: row.report, judgedAtMs: row.judged_at_ms }
}

async function keepVerdict(
  tables: Tables,
  key: VerdictKey,
  { outcome, report, judgedAtMs }: StoredVerdict,
): Promise<void> {
  const columns = {
    file_sha256: key.fileSha256,
    file_name: key.fileName,
    seal_sha256: key.sealSha256,
    rule_sha256: key.ruleSha256,
    roots_sha256: key.rootsSha256,
  }
  const verdict = { outcome, report, judged_at_ms: judgedAtMs }
  const names = ['file_sha256', 'file_name', 'seal_sha256', 'rule_sha256', 'roots_sha256'] as const
  await tables
    .insertInto('seal_verdicts')
    .values({ ...columns, ...verdict })
    .onConflict((conflict) => conflict.columns(names).doUpdateSet(verdict))
    .execute()
}

function fromSealed(file: SealedFile): Insertable<SealTables['sealed_files']> {
  return {
    project_id: file.projectId,
    file_name: file.fileName,
    file_id: file.fileId,
    rule_sha256: file.ruleSha256,
    roots_sha256: file.rootsSha256,
    outcome: file.outcome,
    bundle_id: file.bundleId,
    attestation_id: file.attestationId,
    uploaded_id: file.uploadedId,
    signature_id: file.signatureId,
    certificate_id: file.certificateId,
    judged_at_ms: file.judgedAtMs,
    due_at_ms: file.dueAtMs,
    tries: file.tries,
  }
}

function toSealed(row: Selectable<SealTables['sealed_files']>): SealedFile {
  return {
    projectId: row.project_id,
    fileName: row.file_name,
    fileId: row.file_id,
    ruleSha256: row.rule_sha256,
    rootsSha256: row.roots_sha256,
    outcome: row.outcome,
    bundleId: row.bundle_id,
    attestationId: row.attestation_id,
    uploadedId: row.uploaded_id,
    signatureId: row.signature_id,
    certificateId: row.certificate_id,
    judgedAtMs: row.judged_at_ms,
    dueAtMs: row.due_at_ms,
    tries: row.tries,
  }
}

function ruleQueries(tables: Tables): Pick<SealStore, 'findRule' | 'keepRule' | 'listChanging'> {
  return {
    findRule: async (projectId) => {
      const rules = tables.selectFrom('publish_rules').selectAll().where('project_id', '=', projectId)
      const row = await rules.executeTakeFirst()
      return row && toRule(row)
    },
    keepRule: async ({ projectId, rule, next, phase, ...state }) => {
      const at = { before_id: state.beforeId, roots_sha256: state.rootsSha256, set_at_ms: state.setAtMs }
      const row = { rule, next_rule: next, phase, ...at }
      await tables
        .insertInto('publish_rules')
        .values({ project_id: projectId, ...row })
        .onConflict((conflict) => conflict.column('project_id').doUpdateSet(row))
        .execute()
    },
    listChanging: async (phase, { afterId, limit }) => {
      const rules = tables.selectFrom('publish_rules').select('project_id').where('phase', '=', phase)
      const page = rules.where('project_id', '>', afterId).orderBy('project_id').limit(limit)
      return (await page.execute()).map(({ project_id }) => project_id)
    },
  }
}

function toRule(row: Selectable<SealTables['publish_rules']>): RuleState {
  return {
    projectId: row.project_id,
    rule: row.rule,
    next: row.next_rule,
    phase: row.phase,
    beforeId: row.before_id,
    rootsSha256: row.roots_sha256,
    setAtMs: row.set_at_ms,
  }
}
