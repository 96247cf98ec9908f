import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { isHeld, sqliteReason } from './failure.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelseal-sqlite-'))
  await writeFile(join(folder, 'a.db'), '')
})
afterAll(() => rm(folder, { recursive: true }))

const failure = (errcode: number): Error => Object.assign(new Error('what SQLite says'), { errcode })

it.each([
  [5, true, 'is in use by another process'],
  [6, true, 'is in use by another process'],
  [261, true, 'is in use by another process'],
  [11, false, 'is damaged: the database disk image is malformed'],
  [13, false, 'cannot be written: the disk is full'],
  [26, false, 'is damaged: it is not a database'],
  [4874, false, 'cannot be read or written: I/O error'],
  [1, false, 'cannot be used: what SQLite says'],
])('tells result code %i from the others', (code, held, reason) => {
  expect(isHeld(failure(code))).toBe(held)
  expect(sqliteReason(join(folder, 'a.db'), failure(code))).toBe(reason)
})

it('asks the system where SQLite only says that it cannot open a file', () => {
  expect(sqliteReason(folder, failure(14))).toBe('cannot be opened: it is a folder')
  expect(sqliteReason(join(folder, 'b.db'), failure(14))).toBe(
    'cannot be opened: ENOENT: no such file or directory',
  )
})

it('asks the system whether there is room, where that may be what SQLite does not say', () => {
  const full = () => ({ blocks: 1000, bavail: 0 })
  const [place, withRoom] = [join(folder, 'a.db'), () => ({ blocks: 1000, bavail: 1 })]
  expect(sqliteReason(place, failure(14), full)).toBe('cannot be written: the disk is full')
  expect(sqliteReason(place, failure(10), full)).toBe('cannot be written: the disk is full')
  expect(sqliteReason(place, failure(14), withRoom)).toBe('cannot be opened')
  expect(sqliteReason(place, failure(11), full)).toMatch('is damaged')
})

it('does not call a file system full that has no blocks', () => {
  const virtual = () => ({ blocks: 0, bavail: 0 })
  expect(sqliteReason(join(folder, 'a.db'), failure(14), virtual)).toBe('cannot be opened')
  expect(sqliteReason('/proc/a.db', failure(14))).toMatch(/^cannot be opened: ENOENT/)
})
