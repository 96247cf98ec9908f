import { mkdtemp, realpath, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeFolder } from './durable.ts'

let root: string

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'wheelseal-folder-')))
})
afterEach(() => rm(root, { recursive: true }))

describe('makeFolder', () => {
  it('makes what is missing, its owner only, and gives the uppermost', async () => {
    expect(await makeFolder(join(root, 'a', 'b', 'c'))).toBe(join(root, 'a'))
    expect((await stat(join(root, 'a', 'b', 'c'))).mode & 0o777).toBe(0o700)
  })

  it('gives nothing where nothing was missing', async () => {
    expect(await makeFolder(root)).toBeUndefined()
  })

  it('ends for a relative path too', async () => {
    expect(await makeFolder(relative(process.cwd(), join(root, 'a', 'b')))).toBe(join(root, 'a'))
    expect(await makeFolder(`${relative(process.cwd(), root)}/x/`)).toBe(join(root, 'x'))
  })
})
