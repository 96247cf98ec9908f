import { expect, it } from 'vitest'
import { changing, newPipeline } from './new-rows.contract.ts'
import type { ArtifactRecord, PipelineStore } from './store.ts'

export const ARCHIVE: ArtifactRecord = {
  jobId: 0,
  type: 'archive',
  format: 'zip',
  filename: 'artifacts.zip',
  sha256: 'ab',
  size: 3,
  createdAtMs: 9,
  expiresAtMs: null,
}

/** A pipeline whose two jobs run. */
async function running(
  store: PipelineStore,
): Promise<{ readonly id: number; readonly one: number; readonly two: number }> {
  const { pipeline, jobs } = await store.createPipeline(newPipeline(['one', 'two']))
  for (const name of ['one', 'two'])
    await store.updatePipeline(pipeline.id, changing(name, { state: 'running' }))
  return { id: pipeline.id, one: jobs[0]?.id ?? 0, two: jobs[1]?.id ?? 0 }
}

export function describeArtifacts(store: () => PipelineStore): void {
  it('keeps one artifact of each type of a running job, and none of another', async () => {
    const { pipeline, jobs } = await store().createPipeline(newPipeline(['one', 'two']))
    const jobId = jobs[0]?.id ?? 0
    const artifact = { ...ARCHIVE, jobId }
    expect(await store().addArtifact(artifact)).toBe(false)
    await store().updatePipeline(pipeline.id, changing('one', { state: 'running' }))
    expect(await store().addArtifact(artifact)).toBe(true)
    expect(await store().addArtifact({ ...artifact, sha256: 'cd' })).toBe(false)
    expect(await store().addArtifact({ ...artifact, jobId: 99 })).toBe(false)
    await store().updatePipeline(pipeline.id, changing('one', { state: 'canceling' }))
    const report = { ...artifact, type: 'a report', format: 'gzip', expiresAtMs: 7 } as const
    expect(await store().addArtifact(report)).toBe(true)
    expect(await store().findArtifact(jobId, 'archive')).toEqual(artifact)
    expect(await store().findArtifact(jobId, 'junit')).toBeUndefined()
    expect(await store().jobArtifacts(jobId)).toEqual([report, artifact])
    expect(await store().pipelineArtifacts(pipeline.id)).toEqual([report, artifact])
    expect(await store().pipelineArtifacts(pipeline.id + 1)).toEqual([])
  })

  it('removes a pipeline with all of it, when no job of it waits or runs, and gives its number to no other', async () => {
    const { id, one, two } = await running(store())
    await store().addArtifact({ ...ARCHIVE, jobId: one })
    expect(await store().removePipeline(id)).toBe(false)
    expect(await store().findJob(one)).toBeDefined()
    for (const name of ['one', 'two']) await store().updatePipeline(id, changing(name, { state: 'success' }))
    expect(await store().removePipeline(id)).toBe(true)
    expect(await store().findPipeline(id)).toBeUndefined()
    expect([await store().findJob(one), await store().findJob(two)]).toEqual([undefined, undefined])
    expect(await store().jobArtifacts(one)).toEqual([])
    const next = await store().createPipeline(newPipeline(['one']))
    expect(next.pipeline.iid).toBe(2)
    expect(await store().removePipeline(id)).toBe(true)
  })

  it('writes the variables of a dotenv report in the step that keeps it', async () => {
    const { one, two } = await running(store())
    const report = { ...ARCHIVE, type: 'dotenv', format: 'gzip' } as const
    const dotenv = [{ key: 'A', value: 'a' }]
    expect(await store().addArtifact({ ...report, jobId: one }, dotenv)).toBe(true)
    expect(await store().addArtifact({ ...report, jobId: one }, [])).toBe(false)
    expect((await store().findJob(one))?.dotenv).toEqual(dotenv)
    expect((await store().findJob(two))?.dotenv).toEqual([])
  })

  it('finds what has expired, the earliest first, until it is kept or removed', async () => {
    const { one, two } = await running(store())
    await store().addArtifact({ ...ARCHIVE, jobId: one, expiresAtMs: 20 })
    await store().addArtifact({ ...ARCHIVE, jobId: one, type: 'junit', sha256: 'cd', expiresAtMs: 30 })
    await store().addArtifact({ ...ARCHIVE, jobId: two, expiresAtMs: 10 })
    const expired = async (nowMs: number, limit = 9): Promise<readonly number[]> =>
      (await store().expiredArtifacts(nowMs, limit)).map(({ jobId }) => jobId)
    expect(await expired(9)).toEqual([])
    expect(await expired(20)).toEqual([two, one])
    expect(await expired(99, 1)).toEqual([two])
    expect(await store().setExpiry(two, null)).toBe(true)
    expect(await store().setExpiry(99, null)).toBe(false)
    expect(await expired(99)).toEqual([one, one])
    expect(await store().removeArtifacts(one, 'junit')).toMatchObject([{ type: 'junit' }])
    expect(await store().isArtifact('cd')).toBe(false)
    expect(await store().removeArtifacts(one)).toMatchObject([{ type: 'archive' }])
    expect(await store().removeArtifacts(one)).toEqual([])
    expect(await store().isArtifact('ab')).toBe(true)
    expect(await expired(99)).toEqual([])
  })
}
