import { mkdtemp, rm } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { describePipelineLists } from '../../pipelines/lists.contract.ts'
import { describePipelineStore } from '../../pipelines/store.contract.ts'
import { createPipelineLists } from '../sql/pipeline-lists.ts'
import { createPipelineStore, pipelinesMigrations } from '../sql/pipelines.ts'
import { openDatabase } from './database.ts'
import { openTwice } from './two-connections.contract.ts'

describePipelineStore('sqlite', () => openTwice(pipelinesMigrations, createPipelineStore))
describePipelineLists('sqlite', () =>
  openTwice(pipelinesMigrations, (database) => ({
    store: createPipelineStore(database),
    lists: createPipelineLists(database, { lookedAt: 5 }),
  })),
)

it('hands out what waited in a database that an earlier version wrote, to runners of it and to new ones', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wheelseal-pipelines-'))
  const path = join(folder, 'x.db')
  const first = '0004-pipelines'
  await (await openDatabase(path, { [first]: pipelinesMigrations[first]! })).destroy()
  const earlier = new DatabaseSync(path)
  earlier.exec(`
    insert into pipelines (id, iid, project_id, state, created_at_ms, origin) values (1, 1, 20, 'running', 5, '{}');
    insert into jobs (pipeline_id, stage_index, plan, state, queued_at_ms)
    values (1, 1, '{}', 'success', 1), (1, 1, '{}', 'pending', 3), (1, 1, '{}', 'pending', 2), (1, 2, '{}', 'created', null);
    insert into runners (description, token_hash, created_at_ms) values ('earlier', 'aa', 5);
  `)
  earlier.close()
  const database = await openDatabase(path, pipelinesMigrations)
  const store = createPipelineStore(database)
  const kept = await store.findRunner('aa')
  expect(kept).toEqual({
    id: 1,
    description: 'earlier',
    tags: [],
    runUntagged: true,
    projectId: null,
    createdAtMs: 5,
  })
  expect(await store.nextPendingJob(1)).toMatchObject({ id: 3, tags: [] })
  const kind = { tags: ['a'], runUntagged: true, projectId: null }
  const { id } = await store.createRunner({ ...kind, description: 'new', createdAtMs: 6, tokenHash: 'ab' })
  expect(await store.nextPendingJob(id)).toMatchObject({ id: 3 })
  await database.destroy()
  await rm(folder, { recursive: true })
})

it('lists the pipelines and jobs of a database that an earlier version wrote', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wheelseal-pipelines-'))
  const path = join(folder, 'x.db')
  const steps = Object.entries(pipelinesMigrations)
  const before = steps.filter(([name]) => name < '0019')
  await (await openDatabase(path, Object.fromEntries(before))).destroy()
  const earlier = new DatabaseSync(path)
  const origin = { commit: { ref: 'dev', sha: 'ab' }, source: 'web', user: { id: 4, login: 'ada' } }
  earlier.exec(`
    insert into pipelines (id, iid, project_id, state, created_at_ms, origin)
    values (1, 1, 20, 'running', 5, '${JSON.stringify(origin)}'), (2, 2, 20, 'running', 5, '{}');
    insert into jobs (pipeline_id, stage_index, plan, state) values (1, 1, '{}', 'success');
  `)
  earlier.close()
  const database = await openDatabase(path, pipelinesMigrations)
  const lists = createPipelineLists(database, { lookedAt: 10_000 })
  const page = { direction: 'desc', offset: 0, limit: 20 } as const
  const filter = { ref: 'dev', source: 'web', login: 'ada' }
  const listed = await lists.pipelines(20, filter, { ...page, orderBy: 'user_id' })
  expect(listed.map(({ id }) => id)).toEqual([1])
  expect(await lists.countPipelines(20, { sha: 'ab' })).toBe(1)
  expect((await lists.jobs(20, ['success'], page)).map(({ job }) => job.id)).toEqual([1])
  await database.destroy()
  await rm(folder, { recursive: true })
})
