import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemFiles } from '../../host/index.ts'
import { findSeal, type SealFiles } from './seal-files.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelseal-seal-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** Reads nothing: who reads a pipe waits for ever. */
const files = { ...systemFiles, read: async () => new Uint8Array() }
const find = (): Promise<SealFiles> =>
  findSeal({ kind: 'file', path: join(folder, 'x.whl') }, { kind: 'beside' }, files)

describe('a seal beside its file', () => {
  it('is a regular file: no pipe and no device that an enemy may have put there', async () => {
    await writeFile(join(folder, 'x.whl'), 'x')
    await symlink('/dev/zero', join(folder, 'x.whl.sigstore.json'))
    await expect(find()).rejects.toMatchObject({ code: 'app.verify-no-seal' })
    for (const ending of ['sig', 'crt']) await writeFile(join(folder, `x.whl.${ending}`), 'x')
    expect(await find()).toMatchObject({ found: { kind: 'pair' } })
  })
})
