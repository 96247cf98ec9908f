import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { concatBytes, sha256Hex, type Blobs } from '../base/index.ts'
import { wheelOfSize } from '../formats/python/archive/arrange.ts'
import { silentLog, systemEntropy } from '../host/index.ts'
import { openFolderBlobs } from '../storage/folder/blobs.ts'
import { openDatabase } from '../storage/sqlite/database.ts'
import { createGenericStore } from '../storage/sql/registry-generic.ts'
import { createPackagesStore } from '../storage/sql/registry-packages.ts'
import { createRegistryStore, registryMigrations } from '../storage/sql/registry.ts'
import { chunks, madeOf, MAX_PYPI_BYTES, PROJECT, SDIST, WHEEL } from './arrange.ts'
import {
  createRegistry,
  type GenericStore,
  type PackagesStore,
  type PypiUpload,
  type Registry,
  type RegistryStore,
} from './index.ts'

let root: string
let folder: string
let blobs: Blobs
let store: RegistryStore
let generic: GenericStore
let packages: PackagesStore
let registry: Registry

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'wheelseal-registry-'))
})
afterAll(() => rm(root, { recursive: true }))
beforeEach(async () => {
  folder = await mkdtemp(join(root, 'blobs-'))
  blobs = await openFolderBlobs(folder, { entropy: systemEntropy, log: silentLog })
  const database = await openDatabase(':memory:', registryMigrations)
  store = createRegistryStore(database)
  generic = createGenericStore(database)
  packages = createPackagesStore(database)
  registry = makeRegistry()
})

function makeRegistry(parts: { store?: RegistryStore; blobs?: Blobs } = {}): Registry {
  const clock = { nowMs: () => 1000, sleep: async () => undefined }
  const limits = { maxPypiFileBytes: MAX_PYPI_BYTES, maxGenericFileBytes: 8 }
  return createRegistry({ store, generic, packages, blobs, clock, limits, ...parts })
}

type Changes = Partial<Omit<PypiUpload, 'content'>> & { readonly content?: string | Uint8Array }

async function publish({ content = 'content', ...changes }: Changes = {}) {
  const upload = {
    name: 'my-pkg',
    version: '1.0.0',
    fileName: WHEEL,
    sha256Digest: undefined,
    requiresPython: '>=3.9',
  }
  return registry.pypi.publish(PROJECT, {
    ...upload,
    ...changes,
    content: await registry.pypi.stage(
      chunks(typeof content === 'string' ? madeOf(content, changes.fileName) : content),
    ),
  })
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

async function storedFiles(): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name)
}

describe('publishing', () => {
  it('lists the file under the normalised name and serves its bytes', async () => {
    const { file, isNew } = await publish({ sha256Digest: sha256Hex(madeOf('content')).toUpperCase() })
    expect(isNew).toBe(true)
    expect(file).toMatchObject({
      name: 'my-pkg',
      version: '1.0.0',
      fileName: WHEEL,
      size: madeOf('content').length,
      requiresPython: '>=3.9',
    })
    expect(file.sha256).toBe(sha256Hex(madeOf('content')))
    expect(await collect(registry.pypi.files(PROJECT, 'my-pkg'))).toEqual([file])
    expect(await collect(registry.pypi.names(PROJECT))).toEqual(['my-pkg'])
    const blob = await registry.pypi.open(file)
    expect(concatBytes(...(await collect(blob.stream())))).toEqual(madeOf('content'))
  })

  it('keeps wheel and sdist of one version in one package', async () => {
    const wheel = await publish()
    const sdist = await publish({ fileName: SDIST, content: 'sdist' })
    expect(sdist.file.packageId).toBe(wheel.file.packageId)
    expect(await collect(registry.pypi.files(PROJECT, 'my-pkg'))).toEqual([wheel.file, sdist.file])
  })

  it('succeeds again with the same bytes', async () => {
    const first = await publish()
    expect(await publish()).toEqual({ file: first.file, isNew: false })
    expect(await collect(registry.pypi.files(PROJECT, 'my-pkg'))).toHaveLength(1)
    expect(await storedFiles()).toHaveLength(2)
  })

  it('refuses other bytes under a name that was used, and stores nothing of them', async () => {
    await publish()
    const refused = publish({ content: 'other' })
    await expect(refused).rejects.toMatchObject({ code: 'registry.file-taken', status: 400 })
    await expect(refused).rejects.toThrow(/already been taken.*File already exists/)
    await expect(refused).rejects.toThrow(sha256Hex(madeOf('content')))
    expect(await storedFiles()).toHaveLength(2)
  })

  it.each([
    [SDIST, 'my-pkg-1.0.0.tar.gz', 'other'],
    [SDIST, 'my_pkg-1.0.tar.gz', 'other'],
    [SDIST, 'My_Pkg-1.0.0.tar.gz', 'content'],
    [WHEEL, 'My_Pkg-1-py3-none-any.whl', 'other'],
  ])('after %s, refuses %s, which is the same distribution', async (first, second, content) => {
    await publish({ fileName: first })
    await expect(publish({ fileName: second, content })).rejects.toMatchObject({
      code: 'registry.file-taken',
    })
  })

  it('lets exactly one of two uploads win that race with other bytes', async () => {
    const results = await Promise.allSettled([publish({ content: 'one' }), publish({ content: 'two' })])
    expect(results.map(({ status }) => status).toSorted((a, b) => a.localeCompare(b))).toEqual([
      'fulfilled',
      'rejected',
    ])
    expect(await collect(registry.pypi.files(PROJECT, 'my-pkg'))).toHaveLength(1)
  })

  it.each([
    ['registry.form', { name: '' }],
    ['registry.form', { version: '' }],
    ['registry.form', { fileName: '' }],
    ['python.name', { name: '../x' }],
    ['python.version', { version: 'x' }],
    ['python.file-name', { fileName: 'my_pkg.whl' }],
    ['python.file-name', { fileName: '..%2fmy_pkg-1.0.0.tar.gz' }],
    ['registry.mismatch', { name: 'other' }],
    ['registry.mismatch', { version: '1.0.1' }],
    ['registry.form', { sha256Digest: 'abc' }],
    ['registry.form', { requiresPython: 'x'.repeat(256) }],
    ['registry.form', { requiresPython: '>=3\n' }],
    ['registry.digest-mismatch', { sha256Digest: sha256Hex('other') }],
  ] as const)('refuses as %s the form %j, and keeps nothing', async (code, changes) => {
    await expect(publish(changes)).rejects.toMatchObject({ code, status: 400 })
    expect(await collect(registry.pypi.files(PROJECT, 'my-pkg'))).toEqual([])
    expect(await storedFiles()).toEqual([])
  })

  it('takes a version in another spelling and a digest that is left empty', async () => {
    expect((await publish({ version: 'v1.0', sha256Digest: '' })).file.version).toBe('1.0.0')
  })

  it('refuses a file over the cap and keeps nothing', async () => {
    const [most, more] = [wheelOfSize(MAX_PYPI_BYTES), wheelOfSize(MAX_PYPI_BYTES + 1)]
    await expect(registry.pypi.stage(chunks(more))).rejects.toMatchObject({
      code: 'registry.too-large',
    })
    expect(await storedFiles()).toEqual([])
    expect((await publish({ content: most })).isNew).toBe(true)
  })

  it('commits the blob before it writes the row', async () => {
    const steps: string[] = []
    const watched: Blobs = {
      open: (sha256, size) => blobs.open(sha256, size),
      stage: async (bytes, maxBytes) => {
        const staged = await blobs.stage(bytes, maxBytes)
        const commit = async (): Promise<void> => {
          await staged.commit()
          steps.push('blob')
        }
        return { ...staged, commit }
      },
    }
    const add: RegistryStore['addUnique'] = (file, key) => {
      steps.push('row')
      return store.addUnique(file, key)
    }
    registry = makeRegistry({ blobs: watched, store: { ...store, addUnique: add } })
    await publish()
    expect(steps).toEqual(['blob', 'blob', 'row'])
  })
})

describe('finding', () => {
  it('finds by digest and file name together, in its project only', async () => {
    const { file } = await publish()
    const { sha256, fileName } = file
    expect(await registry.pypi.find(PROJECT, { sha256, fileName })).toEqual(file)
    const misses = [
      { sha256: sha256Hex('other'), fileName },
      { sha256, fileName: 'My_pkg-1.0.0-py3-none-any.whl' },
      { sha256, fileName: SDIST },
      { sha256, fileName: '../../etc/passwd' },
    ]
    for (const miss of misses) expect(await registry.pypi.find(PROJECT, miss)).toBeUndefined()
    expect(await registry.pypi.find({ ...PROJECT, id: 21 }, { sha256, fileName })).toBeUndefined()
  })
})

describe('generic files', () => {
  const place = { name: 'p', version: '1.0.0', fileName: `${WHEEL}.sig` }
  const put = (content: string, changes = {}) =>
    registry.generic.put(PROJECT, { ...place, ...changes, bytes: chunks(content) })

  it('are apart from PyPI packages and from other projects', async () => {
    await put('one', { name: 'my-pkg', fileName: WHEEL })
    expect(await collect(registry.pypi.names(PROJECT))).toEqual([])
    const elsewhere = { ...PROJECT, id: 21 }
    expect(
      await registry.generic.find(elsewhere, { ...place, name: 'my-pkg', fileName: WHEEL }),
    ).toBeUndefined()
  })

  it.each(['p', 'My_Pkg+1', '1-2.3'])('have the name %j', async (name) => {
    expect((await put('one', { name })).file.name).toBe(name)
  })

  it.each([
    { name: '' },
    { name: 'a!' },
    { fileName: 'x'.repeat(276) },
    { name: '.' },
    { name: '..' },
    { name: 'a/b' },
    { name: '..%2f' },
    { name: 'a b' },
    { name: 'a\u0000' },
    { name: 'é' },
    { name: 'x'.repeat(256) },
    { version: '1..0' },
    { version: '..' },
    { version: '1/0' },
    { version: 'x'.repeat(4096) },
    { fileName: '..' },
    { fileName: '~a' },
    { fileName: 'a~' },
    { fileName: '../../etc/passwd' },
    { fileName: 'a\\b' },
    { fileName: 'a%00' },
    { fileName: 'a\n' },
  ])('are refused at %j before a byte is read', async (changes) => {
    await expect(put('one', changes)).rejects.toMatchObject({ code: 'registry.generic-name', status: 400 })
    const found = registry.generic.find(PROJECT, { ...place, ...changes })
    await expect(found).rejects.toMatchObject({ code: 'registry.generic-name' })
    expect(await storedFiles()).toEqual([])
  })

  it('are refused over the cap', async () => {
    await expect(put('123456789')).rejects.toMatchObject({ code: 'registry.too-large', status: 413 })
    expect(await registry.generic.find(PROJECT, place)).toBeUndefined()
    expect(await storedFiles()).toEqual([])
  })
})

describe('forwarding', () => {
  it('is off, and when it is on sends on the names that are allowed, in its project only', async () => {
    const forwarding = { indexUrl: 'https://index.example/simple/', names: ['SetupTools', 'Flit_Core'] }
    expect(await registry.pypi.forwardedUrl(PROJECT, 'setuptools')).toBeUndefined()
    await registry.pypi.setForwarding(PROJECT, forwarding)
    expect(await registry.pypi.forwardedUrl(PROJECT, 'flit-core')).toBe(
      'https://index.example/simple/flit-core/',
    )
    expect(await registry.pypi.forwardedUrl(PROJECT, 'requests')).toBeUndefined()
    expect(await registry.pypi.forwardedUrl({ ...PROJECT, id: 21 }, 'setuptools')).toBeUndefined()
    await registry.pypi.setForwarding(PROJECT, undefined)
    expect(await registry.pypi.forwardedUrl(PROJECT, 'setuptools')).toBeUndefined()
  })
})
