import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeTraces } from '../../pipelines/traces.contract.ts'
import { createFolderTraces } from './traces.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelseal-traces-'))
})
afterAll(() => rm(folder, { recursive: true }))

const makeTraces = async (): Promise<ReturnType<typeof createFolderTraces>> =>
  createFolderTraces(await mkdtemp(join(folder, 'case-')))

describeTraces('folder', makeTraces)

it('goes on after a restart where the file ends, and keeps logs to their owner', async () => {
  const place = await mkdtemp(join(folder, 'case-'))
  await createFolderTraces(place).append(3001, 0, Buffer.from('one'))
  expect(await createFolderTraces(place).append(3001, 3, Buffer.from('two'))).toBe(6)
  expect(await readdir(join(place, '3'))).toEqual(['3001.log'])
  expect((await stat(join(place, '3', '3001.log'))).mode & 0o777).toBe(0o600)
})
