import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { lockDirectory } from '../../storage/sqlite/index.ts'
import { newDataDirectory } from './new-data-directory.ts'

let parent: string
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'wheelseal-new-'))
})
afterEach(() => rm(parent, { recursive: true }))

it('counts up and keeps the last one', async () => {
  for (const number of [1, 2, 3, 4]) expect(await newDataDirectory(parent)).toBe(join(parent, String(number)))
  expect((await readdir(parent)).toSorted()).toEqual(['3', '4'])
})

it('leaves a directory that is in use, and whatever is none of its own', async () => {
  await newDataDirectory(parent)
  await mkdir(join(parent, 'mine'))
  const lock = lockDirectory(join(parent, '1'))
  await newDataDirectory(parent)
  await newDataDirectory(parent)
  lock.release()
  expect((await readdir(parent)).toSorted()).toEqual(['1', '2', '3', 'mine'])
})
