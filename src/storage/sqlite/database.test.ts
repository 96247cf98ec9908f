import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openDatabase } from './database.ts'

const step = { up: async () => undefined }

it('refuses the file of a newer version, and leaves it to that version', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wheelseal-database-'))
  const path = join(folder, 'wheelseal.db')
  const open = async (...steps: readonly string[]): Promise<void> => {
    const database = await openDatabase(path, Object.fromEntries(steps.map((name) => [name, step])))
    await database.destroy()
  }
  await open('001-now', '002-later')
  await expect(open('001-now')).rejects.toMatchObject({ code: 'storage.newer' })
  await open('001-now', '002-later')
  await rm(folder, { recursive: true })
})
