import { expect, it } from 'vitest'
import { arrange, finish, pipelineRequest, runAll, type Arranged } from './arrange.contract.ts'
import type { PipelineStore } from './store.ts'

/** Each job of the first stage is needed by one of the second; the third waits for all. */
function graph(width: number): string {
  const jobs = Array.from({ length: width }, (_, at) => [
    `a${at}: { stage: a, script: e }`,
    `b${at}: { stage: b, script: e, needs: [a${at}] }`,
    `c${at}: { stage: c, script: e }`,
  ])
  return ['stages: [a, b, c]', ...jobs.flat()].join('\n')
}

/** A service that notes how many jobs the largest step has seen. */
async function watched(): Promise<{ readonly arranged: Arranged; readonly most: () => number }> {
  const base = await arrange()
  let most = 0
  const store: PipelineStore = {
    ...base.store,
    findPipeline: () => expect.unreachable(),
    updatePipeline: () => expect.unreachable(),
    updateJob: (jobId, decide) =>
      base.store.updateJob(jobId, (now) => {
        most = Math.max(most, now.jobs.length)
        return decide(now)
      }),
  }
  await base.pipelines.create(pipelineRequest(graph(20)))
  const entropy = { bytes: (length: number) => new Uint8Array(length).fill(9), uuid: () => '' }
  return { arranged: await arrange({ store, entropy }), most: () => most }
}

it('starts and ends a job by those jobs alone that it can set in motion', async () => {
  const { arranged, most } = await watched()
  const names = []
  for (let count = 0; count < 39; count += 1) names.push(await nameOf(arranged))
  expect(names.filter((name) => name.startsWith('a'))).toHaveLength(20)
  expect(most()).toBe(2)
  await finish(arranged, 'success')
  // The last one before a stage lets all of that begin; it is seen with the one that it needs.
  expect(most()).toBe(22)
})

async function nameOf(arranged: Arranged): Promise<string> {
  return String((await finish(arranged, 'success'))['job_info']?.['name' as never])
}

it('counts the jobs of a pipeline once that an earlier version wrote, and goes on', async () => {
  const arranged = await arrange()
  const { id } = await arranged.pipelines.create(pipelineRequest(graph(2)))
  await arranged.store.updatePipeline(id, ({ pipeline, jobs }) => ({
    pipeline: { ...pipeline, tally: null },
    jobs,
  }))
  await arranged.take()
  expect((await arranged.store.findPipelineRecord(id))?.tally).toEqual({
    '1:running': 1,
    '1:pending': 1,
    '2:created': 2,
    '3:created': 2,
  })
  expect(await runAll(arranged)).toEqual(['a1', 'b1'])
})
