import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { TwoHandles } from '../../base/two-handles.contract.ts'
import { describeAuditStore } from '../../access/audit.contract.ts'
import { describePublisherStore } from '../../access/publisher-store.contract.ts'
import { describeAccessStore } from '../../access/store.contract.ts'
import { describeGateStore } from '../../gate/store.contract.ts'
import { describeKeyIndex } from '../../log/key-index.contract.ts'
import { describePipelineLists } from '../../pipelines/lists.contract.ts'
import { describePipelineStore } from '../../pipelines/store.contract.ts'
import { describeGenericStore } from '../../registry/generic-store.contract.ts'
import { describePackagesStore } from '../../registry/packages-store.contract.ts'
import { describeSealStore } from '../../registry/seals/store.contract.ts'
import { describeRegistryStore } from '../../registry/store.contract.ts'
import { createAccessStore } from '../sql/access.ts'
import { createAuditStore } from '../sql/audit.ts'
import { createGateStore } from '../sql/gate.ts'
import type { Database } from '../sql/index.ts'
import { openDatabase } from './database.ts'
import { createKeyIndex, keyIndexMigrations } from '../sql/key-index.ts'
import { migrations } from '../sql/migrations.ts'
import { createPipelineLists } from '../sql/pipeline-lists.ts'
import { createPipelineStore } from '../sql/pipelines.ts'
import { createPublisherStore } from '../sql/publishers.ts'
import { costs } from './plans.contract.ts'
import { createGenericStore } from '../sql/registry-generic.ts'
import { createPackagesStore } from '../sql/registry-packages.ts'
import { createRegistryStore } from '../sql/registry.ts'
import { createSealStore } from '../sql/seals.ts'

/**
 * No statement may cost more because more is stored. The contract suites run once more, each statement that they
 * prepare is kept, and its plan is judged: on an empty database, and on a filled one after ANALYZE.
 */

const KEY_CHECK =
  'a check of foreign keys that SQLite jumps over unless one was broken before in the statement'
const EXPIRED = 'what expired since the last exchange: each row goes once'
const LOOKED = 'the packages that a list looks at, which has a limit'
const FIRST = 'whether there is one: the first row of the index says it'
/** What a statement may read without a limit, and why it stays small. */
const SMALL: Readonly<Record<string, string>> = {
  'jobs by jobs_pipeline': 'the jobs of one pipeline, as many as its file has',
  'jobs by jobs_order': 'the jobs of one pipeline, as many as its file has',
  'jobs by jobs_name': 'the tries of one job',
  'jobs by jobs_stage': 'the jobs of one stage that begin together, once',
  'job_needs by its key': 'the jobs of one pipeline that need one by name',
  'select: SEARCH artifacts USING INDEX sqlite_autoindex_artifacts_1 (job_id=? AND type=?) LEFT-JOIN':
    'the archive of a job, of which it has one',
  'artifacts by artifacts_type': 'the archives of the jobs of one pipeline',
  'artifacts by artifacts_pipeline': 'the artifacts of the jobs of one pipeline, one of each type',
  'artifacts by sqlite_autoindex_artifacts_1': 'the artifacts of one job, one of each type',
  'job_tokens by job_tokens_job': 'the tokens of one job, which end with it',
  'queued_jobs by queued_jobs_job':
    'the queues in which one job stands, as many as there are kinds of runners',
  'queues by sqlite_autoindex_queues_1': 'the kinds of runners of one project or of all, which have a limit',
  'upload_tokens by sqlite_autoindex_upload_tokens_1': 'the rules that let one token, which have a limit',
  'upload_tokens by upload_tokens_rule': 'the tokens that one rule gave in the last fifteen minutes',
  'upload_tokens by upload_tokens_expiry': EXPIRED,
  'used_id_tokens by used_id_tokens_expiry': EXPIRED,
  'select: CO-ROUTINE looked': LOOKED,
  'select: SCAN looked': LOOKED,
  'select: USE TEMP B-TREE FOR ORDER BY of looked': LOOKED,
  'select: USE TEMP B-TREE FOR LAST TERM OF ORDER BY of looked': LOOKED,
  'select: USE TEMP B-TREE FOR GROUP BY of looked': LOOKED,
  'select: CO-ROUTINE seen': LOOKED,
  'select: SCAN seen': LOOKED,
  'select: CORRELATED SCALAR SUBQUERY 2': FIRST,
  'select: SEARCH package_files EXISTS USING COVERING INDEX package_files_live (package_id=? AND deleted_at_ms=?)':
    FIRST,
  'gate_seals by gate_seals_order': 'the seals of one file',
  'gate_counts by its key': 'the counts of one gate, one row an hour',
  'gate_exemptions by its key': 'the exemptions of one policy, which has a limit',
  'members by sqlite_autoindex_members_1': KEY_CHECK,
  'insert: SCAN projects': KEY_CHECK,
  'insert: SCAN job_tokens': KEY_CHECK,
  'insert: SCAN tokens': KEY_CHECK,
  'insert: SCAN job_allowances': KEY_CHECK,
}

const statements = { services: new Set<string>(), index: new Set<string>() }
const databases: Database[] = []
let folder: string
let recording: Set<string> | undefined

async function open(kind: keyof typeof statements, steps: typeof migrations): Promise<Database> {
  recording = undefined
  const database = await openDatabase(':memory:', steps)
  databases.push(database)
  recording = statements[kind]
  return database
}

type Prepare = (this: DatabaseSync, ...given: Parameters<DatabaseSync['prepare']>) => StatementSync

/** Methods of stores, and whether a suite has called them. */
const methods = new Map<string, boolean>()

function watched<T extends object>(name: string, store: T): T {
  for (const method of Object.keys(store))
    methods.set(`${name}.${method}`, methods.get(`${name}.${method}`) ?? false)
  return new Proxy(store, {
    get: (target, method) => {
      methods.set(`${name}.${String(method)}`, true)
      return Reflect.get(target, method) as unknown
    },
  })
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelseal-plans-'))
  const real = Object.getOwnPropertyDescriptor(DatabaseSync.prototype, 'prepare')?.value as Prepare
  const spy = vi.spyOn(DatabaseSync.prototype, 'prepare')
  spy.mockImplementation(function (this: DatabaseSync, ...given) {
    if (/^(?:select|insert|update|delete|with) /i.test(given[0])) recording?.add(given[0])
    return real.apply(this, given)
  })
})
afterAll(async () => {
  recording = undefined
  vi.restoreAllMocks()
  await Promise.all(databases.map((database) => database.destroy()))
  await rm(folder, { recursive: true })
})

/** One connection is enough: what counts is what is asked of it. */
const alone = <T extends object>(name: string, store: T): TwoHandles<T> => {
  const seen = watched(name, store)
  return { first: seen, second: seen, close: async () => undefined }
}

describeAccessStore('recorded', async () =>
  alone('access', createAccessStore(await open('services', migrations))),
)
describeRegistryStore('recorded', async () =>
  alone('registry', createRegistryStore(await open('services', migrations))),
)
describeSealStore('recorded', async () => {
  const database = await open('services', migrations)
  return alone('registry', { ...createRegistryStore(database), ...createSealStore(database) })
})
describeGenericStore('recorded', async () => {
  const database = await open('services', migrations)
  const others = { ...createRegistryStore(database), ...createPackagesStore(database) }
  return alone('registry', { ...others, ...createGenericStore(database) })
})
describePackagesStore('recorded', async () => {
  const database = await open('services', migrations)
  const others = { ...createRegistryStore(database), ...createGenericStore(database) }
  return alone('registry', { ...others, ...createPackagesStore(database) })
})
describePipelineStore('recorded', async () =>
  alone('pipelines', createPipelineStore(await open('services', migrations))),
)
describePipelineLists('recorded', async () => {
  const database = await open('services', migrations)
  const [store, lists] = [createPipelineStore(database), createPipelineLists(database, { lookedAt: 5 })]
  return alone('lists', { store, lists: watched('lists', lists) })
})
describePublisherStore('recorded', async () =>
  alone('publishers', createPublisherStore(await open('services', migrations))),
)
describeAuditStore('recorded', async () =>
  alone('audit', createAuditStore(await open('services', migrations))),
)
describeGateStore('recorded', async () => {
  const database = await open('services', migrations)
  const store = createGateStore(database)
  return { ...alone('gate', store), reopen: async () => store }
})
describeKeyIndex('recorded', async () => {
  const database = await open('index', keyIndexMigrations)
  return { ...alone('log', createKeyIndex(database)), reopen: async () => createKeyIndex(database) }
})

describe('the plan of each statement', () => {
  it('is known: the suites call every method of every store', () => {
    expect([...methods].filter(([, isCalled]) => !isCalled)).toEqual([])
    expect(methods.size).toBeGreaterThan(30)
  })

  it('reads by unique keys, page by page, or what is small for a reason, on an empty database', async () => {
    await forEachDatabase((database, all) => expect(costsOf(database, all)).toEqual([]))
  })

  it('does so where much is stored and SQLite has counted it', async () => {
    await forEachDatabase((database, all) => {
      fill(database)
      database.exec('analyze')
      expect(costsOf(database, all)).toEqual([])
    })
  })

  it.each([
    ['reads a table whole', 'select * from jobs where plan = ?'],
    ['reads an index whole', 'select count(*) from package_names'],
    ['sorts', 'select * from package_files where name_id = ? order by sha256 limit 1'],
    ['passes over rows', 'select * from package_files where name_id = ? and file_name = ? limit 1'],
    ['has no limit', 'select * from package_files where name_id = ?'],
    [
      'finds the file of a version among all files of the name',
      `select f.id from package_names n join package_files f on f.name_id = n.id join packages p on p.id = f.package_id
       where n.project_id = ? and n.kind = ? and n.name_key = ? and p.version_key = ? and f.file_name = ?
       order by f.id desc limit 1`,
    ],
  ])('is refused where it %s', async (_why, sql) => {
    const database = await emptyDatabase('refused', migrations)
    expect(costsOf(database, new Set([sql]))).toHaveLength(1)
    database.close()
  })
})

async function forEachDatabase(
  judge: (database: DatabaseSync, all: ReadonlySet<string>) => void,
): Promise<void> {
  expect(statements.services.size).toBeGreaterThan(40)
  expect(statements.index.size).toBeGreaterThan(3)
  for (const [kind, steps] of [
    ['services', migrations],
    ['index', keyIndexMigrations],
  ] as const) {
    const database = await emptyDatabase(kind, steps)
    judge(database, statements[kind])
    database.close()
  }
}

async function emptyDatabase(name: string, steps: typeof migrations): Promise<DatabaseSync> {
  recording = undefined
  const path = join(folder, `${name}.db`)
  await rm(path, { force: true })
  await (await openDatabase(path, steps)).destroy()
  return new DatabaseSync(path)
}

function costsOf(database: DatabaseSync, all: ReadonlySet<string>): readonly string[] {
  return [...all].flatMap((sql) => costs(database, sql, SMALL).map((cost) => `${cost}: ${sql.slice(0, 400)}`))
}

/** Ten thousand rows of every table, the rows of a few owners: names with many files, pipelines with many jobs. */
function fill(database: DatabaseSync): void {
  database.exec('pragma foreign_keys = off')
  const tables = database.prepare("select name from sqlite_schema where type = 'table'").all()
  for (const { name } of tables)
    if (!/^(?:sqlite_|kysely_)/.test(String(name))) fillTable(database, String(name))
}

const ROWS = 10_000
/** Columns that say whose a row is; every other value is one of its own. */
const OWNERS =
  /^(?:project_id|kind|name_id|namespace_id|user_id|pipeline_id|state|visibility|stage_index|upstream|gate)$/

function fillTable(database: DatabaseSync, table: string): void {
  const columns = database
    .prepare(`pragma table_info("${table}")`)
    .all()
    .map(({ name }) => String(name))
  const values = columns.map((name) => (OWNERS.test(name) ? 'i / 2500' : 'i'))
  database.exec(`
    with recursive n(i) as (select 1 union all select i + 1 from n where i < ${ROWS})
    insert or ignore into "${table}" (${columns.map((name) => `"${name}"`).join(', ')}) select ${values.join(', ')} from n`)
}
