import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { sdistVersion } from './sdist-version.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelseal-sdist-'))
})
afterEach(() => rm(folder, { recursive: true }))

it.each([
  ['Metadata-Version: 2.1\nName: a\nVersion: 1.0.0\n\nVersion: 2', { sdistVersion: '1.0.0' }],
  ['Name: a\r\nVersion: 1.0\r\n\r\ntext', { sdistVersion: '1.0' }],
  ['Name: a\n\nVersion: 2', {}],
  ['Version: $(id)\n', {}],
])('the version of an unpacked sdist stands in the head of PKG-INFO: %j', async (text, found) => {
  await writeFile(join(folder, 'PKG-INFO'), text)
  expect(await sdistVersion(folder)).toEqual(found)
})

it('what is no sdist has none', async () => {
  expect(await sdistVersion(folder)).toEqual({})
})
