import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { utf8 } from '../base/index.ts'
import { openStaging } from './index.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelseal-staging-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function* parts(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield utf8(text)
}

async function drained(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = []
  for await (const part of stream) all.push(part)
  return Buffer.concat(all).toString()
}

describe('a private folder for files that may not be wanted', () => {
  it('has what went through it, hands that on, and puts only what is named in its place', async () => {
    const staging = await openStaging(folder)
    expect(await drained(staging.through('a', parts('one ', 'two')))).toBe('one two')
    await staging.write('a.sig', utf8('signature'))
    await staging.write('b', utf8('not wanted'))
    expect((await readdir(folder)).every((name) => name.startsWith('.wheelseal-fetch-'))).toBe(true)
    await staging.place(['a.sig', 'a'])
    await staging.end()
    expect((await readdir(folder)).toSorted()).toEqual(['a', 'a.sig'])
    expect(await readFile(join(folder, 'a'), 'utf8')).toBe('one two')
  })

  it('is of its owner alone', async () => {
    const staging = await openStaging(folder)
    const [name = ''] = await readdir(folder)
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o700)
    await staging.end()
  })

  it('leaves nothing where nothing was placed, nor the folders that it made', async () => {
    const staging = await openStaging(join(folder, 'x', 'y'))
    await staging.write('a', utf8('a'))
    const half = staging.through('b', parts('one', 'two'))[Symbol.asyncIterator]()
    await half.next()
    await half.return?.()
    await staging.end()
    expect(await readdir(folder)).toEqual([])
  })

  it('keeps the folders that were there, and those that have something', async () => {
    await mkdir(join(folder, 'x'))
    const staging = await openStaging(join(folder, 'x', 'y', 'z'))
    await writeFile(join(folder, 'x', 'y', 'other'), '')
    await staging.end()
    expect(await readdir(join(folder, 'x', 'y'))).toEqual(['other'])
    const placed = await openStaging(join(folder, 'n', 'm'))
    await placed.write('a', utf8('a'))
    await placed.place(['a'])
    await placed.end()
    expect(await readdir(join(folder, 'n', 'm'))).toEqual(['a'])
  })

  it('removes what a killed run left, and not what another one still uses', async () => {
    const { pid: dead } = spawnSync('true')
    const left = `.wheelseal-fetch-${dead}-abcdef`
    const [alive, old] = [
      `.wheelseal-fetch-${process.ppid}-abcdef`,
      `.wheelseal-fetch-${process.ppid}-fedcba`,
    ]
    const [same, not] = [`.wheelseal-fetch-${process.pid}-abcdef`, `.wheelseal-fetch-${dead}-abc.def`]
    for (const name of [left, alive, old, same, not]) {
      await mkdir(join(folder, name))
      await writeFile(join(folder, name, 'file'), 'not verified')
    }
    await utimes(join(folder, old), 1, 1)
    const [one, two] = [await openStaging(folder), await openStaging(folder)]
    await one.write('a', utf8('a'))
    await one.place(['a'])
    await one.end()
    await two.end()
    expect((await readdir(folder)).toSorted()).toEqual([not, alive, 'a'].toSorted())
  })

  it('never writes through a link, nor over a file that went through before', async () => {
    const staging = await openStaging(folder)
    const [name = ''] = await readdir(folder)
    await symlink(join(folder, 'target'), join(folder, name, 'a'))
    await expect(drained(staging.through('a', parts('x')))).rejects.toMatchObject({ code: 'host.file' })
    await staging.write('b', utf8('b'))
    await expect(staging.write('b', utf8('c'))).rejects.toMatchObject({ code: 'host.file' })
    expect(existsSync(join(folder, 'target'))).toBe(false)
    await staging.end()
  })

  it('replaces a link in its place by the file, and says so where it cannot', async () => {
    await writeFile(join(folder, 'precious'), 'precious')
    await symlink(join(folder, 'precious'), join(folder, 'a'))
    await mkdir(join(folder, 'b', 'c'), { recursive: true })
    const staging = await openStaging(folder)
    for (const name of ['a', 'b']) await staging.write(name, utf8('new'))
    await staging.place(['a'])
    await expect(staging.place(['b'])).rejects.toMatchObject({
      code: 'host.file',
      message: expect.stringContaining(join(folder, 'b')),
    })
    await staging.end()
    expect(await readFile(join(folder, 'precious'), 'utf8')).toBe('precious')
    expect(await readFile(join(folder, 'a'), 'utf8')).toBe('new')
  })

  it('says which folder cannot be made', async () => {
    await writeFile(join(folder, 'file'), '')
    const out = join(folder, 'file', 'out')
    await expect(openStaging(out)).rejects.toMatchObject({
      code: 'host.file',
      message: expect.stringContaining(out),
    })
  })

  it('hands on what fails under way, as it is', async () => {
    const staging = await openStaging(folder)
    const failing = (async function* failing() {
      yield utf8('a')
      throw new Error('cut off')
    })()
    await expect(drained(staging.through('a', failing))).rejects.toThrow('cut off')
    await staging.end()
  })
})
