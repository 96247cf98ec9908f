import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sha256Hex, utf8, type Blobs } from '../base/index.ts'
import { distributionOf, metadataOf, zipOf, wheelMembers } from '../formats/python/archive/arrange.ts'
import { silentLog, systemEntropy } from '../host/index.ts'
import { openFolderBlobs } from '../storage/folder/blobs.ts'
import { openDatabase } from '../storage/sqlite/database.ts'
import { createGenericStore } from '../storage/sql/registry-generic.ts'
import { createPackagesStore } from '../storage/sql/registry-packages.ts'
import { createRegistryStore, registryMigrations } from '../storage/sql/registry.ts'
import { chunks, PROJECT, SDIST, WHEEL } from './arrange.ts'
import { turns } from './in-turn.ts'
import { createRegistry, type AddedFile, type PypiUpload, type Registry } from './index.ts'

let root: string
let folder: string
let blobs: Blobs
let registry: Registry
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'wheelseal-uploads-'))
})
afterAll(() => rm(root, { recursive: true }))
beforeEach(async () => {
  folder = await mkdtemp(join(root, 'blobs-'))
  blobs = await openFolderBlobs(folder, { entropy: systemEntropy, log: silentLog })
  const database = await openDatabase(':memory:', registryMigrations)
  registry = createRegistry({
    store: createRegistryStore(database),
    generic: createGenericStore(database),
    packages: createPackagesStore(database),
    blobs,
    clock: { nowMs: () => 1000, sleep: async () => undefined },
  })
})

async function publish(bytes: Uint8Array, changes: Partial<PypiUpload> = {}): Promise<AddedFile> {
  const content = await registry.pypi.stage(chunks(bytes))
  const upload = {
    name: 'my-pkg',
    version: '1.0.0',
    fileName: WHEEL,
    sha256Digest: undefined,
    requiresPython: undefined,
  }
  return registry.pypi.publish(PROJECT, { ...upload, ...changes, content })
}

async function storedFiles(): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
}

const wheel = distributionOf(WHEEL, { requiresPython: '>=3.9,<4' })
const md5 = createHash('md5').update(wheel).digest('hex')

describe('an upload', () => {
  it('is told of as the file itself says, and its metadata is kept', async () => {
    const { file } = await publish(wheel, { requiresPython: '' })
    expect(file.requiresPython).toBe('>=3.9,<4')
    const text = metadataOf('my_pkg', '1.0.0', { requiresPython: '>=3.9,<4' })
    expect(file.metadata).toEqual({ sha256: sha256Hex(text), size: text.length })
    expect((await blobs.open(sha256Hex(text), text.length))?.size).toBe(text.length)
  })

  it('of an sdist has no metadata that installers would believe before it is built', async () => {
    const { file } = await publish(distributionOf(SDIST, { requiresPython: '>=3' }), { fileName: SDIST })
    expect([file.metadata, file.requiresPython]).toEqual([null, '>=3'])
    expect(await storedFiles()).toHaveLength(1)
  })

  it.each<Partial<PypiUpload>>([
    { action: 'file_upload', protocolVersion: '1', fileType: 'bdist_wheel' },
    { action: '', protocolVersion: '', fileType: '', md5Digest: '' },
    { md5Digest: md5 },
    { md5Digest: md5.toUpperCase() },
    { requiresPython: '<4, >=3.9' },
  ])('with the form %j is taken', async (changes) => {
    expect((await publish(wheel, changes)).isNew).toBe(true)
  })

  it.each<[string, Partial<PypiUpload>]>([
    ['registry.form', { action: 'submit' }],
    ['registry.form', { protocolVersion: '2' }],
    ['registry.mismatch', { fileType: 'sdist' }],
    ['registry.mismatch', { fileType: 'bdist_egg' }],
    ['registry.form', { md5Digest: md5.slice(1) }],
    ['registry.form', { md5Digest: `${md5.slice(1)}x` }],
    ['registry.digest-mismatch', { md5Digest: 'a'.repeat(32) }],
    ['registry.mismatch', { requiresPython: '>=3.9' }],
  ])('is refused as %s with the form %j, and nothing is kept', async (code, changes) => {
    await expect(publish(wheel, changes)).rejects.toMatchObject({ code, status: 400 })
    expect(await storedFiles()).toEqual([])
  })

  it('that says of a file without Requires-Python that it has one is refused', async () => {
    const refused = publish(distributionOf(WHEEL), { requiresPython: '>=3.9' })
    await expect(refused).rejects.toThrow(/says requires_python >=3.9, but .* says nothing/)
  })

  it.each([
    ['distribution.structure', utf8('no zip')],
    ['distribution.missing-file', zipOf(wheelMembers(WHEEL).slice(0, 3))],
    ['distribution.dist-info', distributionOf('other-1.0.0-py3-none-any.whl')],
    ['distribution.wheel-file', distributionOf('my_pkg-1.0.0-py2-none-any.whl')],
  ])('of a bad file is refused as %s, and nothing is kept', async (code, bytes) => {
    const refused = publish(bytes)
    await expect(refused).rejects.toMatchObject({
      code,
      status: 400,
      message: expect.stringContaining(WHEEL),
    })
    await expect(refused).rejects.toMatchObject({ hint: expect.stringContaining('wheelseal check-dist') })
    expect(await storedFiles()).toEqual([])
  })

  it('says how many more things are wrong', async () => {
    await expect(publish(zipOf([]))).rejects.toThrow(/ \(and 3 more\)$/)
  })
})

describe('turns', () => {
  it('lets so many run at once and the others wait, in their order, also after a failure', async () => {
    const inTurn = turns(2)
    const log: string[] = []
    const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>())
    const all = gates.map((gate, at) =>
      inTurn(async () => {
        log.push(`begins ${at}`)
        await gate.promise
      }),
    )
    const settled = Promise.allSettled(all)
    await new Promise(setImmediate)
    expect(log).toEqual(['begins 0', 'begins 1'])
    gates[1]?.reject(new Error('no'))
    await new Promise(setImmediate)
    expect(log).toEqual(['begins 0', 'begins 1', 'begins 2'])
    for (const gate of gates) gate.resolve()
    expect((await settled).map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ])
    expect(log.at(-1)).toBe('begins 3')
    expect(await inTurn(async () => 'free')).toBe('free')
  })
})
