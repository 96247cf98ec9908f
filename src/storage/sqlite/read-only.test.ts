import { cp, mkdir, mkdtemp, readdir, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createKeyIndex, keyIndexMigrations } from '../sql/index.ts'
import { openDatabase } from './database.ts'
import { openUnchanged } from './read-only.ts'

const key = new Uint8Array(16).fill(7)
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelseal-read-'))
})
afterEach(() => rm(folder, { recursive: true }))

it('reads what was committed, from the write-ahead log of a killed process too', async () => {
  const [live, killed] = [join(folder, 'live'), join(folder, 'killed')]
  await mkdir(live)
  const database = await openDatabase(join(live, 'x.db'), keyIndexMigrations)
  await createKeyIndex(database).add([{ key, index: 3 }], 5)
  // As the process would leave it that is killed now.
  await cp(live, killed, { recursive: true })
  await database.destroy()
  for (const path of [join(killed, 'x.db'), join(live, 'x.db')]) {
    const opened = (await openUnchanged(path))!
    expect(await createKeyIndex(opened).mark()).toBe(5)
    await opened.destroy()
  }
  expect(await readdir(live)).toEqual(['x.db'])
})

it('refuses to write, and what is no database', async () => {
  await (await openDatabase(join(folder, 'x.db'), keyIndexMigrations)).destroy()
  const opened = (await openUnchanged(join(folder, 'x.db')))!
  await expect(createKeyIndex(opened).add([], 9)).rejects.toMatchObject({ code: 'storage.broken' })
  await opened.destroy()
  expect(await openUnchanged(join(folder, 'y.db'))).toBeUndefined()
  await expect(openUnchanged(folder)).rejects.toMatchObject({ code: 'storage.database' })
})

it.runIf(process.platform === 'linux')('leaves no file open, also where nothing was read', async () => {
  const openFiles = async (): Promise<readonly string[]> => {
    const descriptors = await readdir('/proc/self/fd')
    const paths = await Promise.all(
      descriptors.map((one) => readlink(`/proc/self/fd/${one}`).catch(() => '')),
    )
    return paths.filter((path) => path.startsWith(folder))
  }
  await (await openDatabase(join(folder, 'x.db'), keyIndexMigrations)).destroy()
  const opened = (await openUnchanged(join(folder, 'x.db')))!
  expect(await openFiles()).toHaveLength(1)
  await opened.destroy()
  expect(await openFiles()).toEqual([])
})
