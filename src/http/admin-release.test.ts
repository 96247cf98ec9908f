import { afterAll, beforeAll, expect, it } from 'vitest'
import { encodeBase64, utf8 } from '../base/index.ts'
import { distributionOf } from '../formats/python/archive/arrange.ts'
import type { Registry } from '../registry/index.ts'
import { listPublished, type ReleasePlace } from './admin-release.ts'
import { startPackagesServer, type PackagesServer } from './packages-server.contract.ts'

const FILES = 120

let server: PackagesServer
let place: ReleasePlace
beforeAll(async () => {
  server = await startPackagesServer()
  const { registry, projects } = server
  place = { registry, project: projects.private, externalUrl: 'https://seal.example' }
  // The names fall while the files get newer, so that an order by name is another one.
  for (let at = 0; at < FILES; at += 1) await publish(`p${String(FILES - at).padStart(3, '0')}`)
})
afterAll(() => server.close())

async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  yield utf8(text)
}

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content
}

async function publish(name: string): Promise<void> {
  const { registry, project } = place
  const fileName = `${name}-1.0.tar.gz`
  const content = await registry.pypi.stage(once(distributionOf(fileName)))
  const fields = { name, version: '1.0', sha256Digest: undefined, requiresPython: undefined }
  await registry.pypi.publish(project, { ...fields, fileName, content })
}

const putBeside = (fileName: string, text: string, name = place.project.name): Promise<unknown> =>
  place.registry.generic.put(place.project, {
    name,
    version: '1.0',
    fileName,
    bytes: bytes(text),
  })

it('gives the files that were published last, in pages, whatever they are called', async () => {
  const names: string[] = []
  const sizes: number[] = []
  for (let before: number | undefined; ;) {
    const page = await listPublished(place, before)
    if (page.length === 0) break
    sizes.push(page.length)
    names.push(...page.map(({ name }) => name))
    before = page.at(-1)?.id
  }
  expect(names).toEqual(Array.from({ length: FILES }, (_, at) => `p${String(at + 1).padStart(3, '0')}`))
  expect(sizes).toEqual([50, 50, 20])
})

it('gives signature and certificate that were published beside a file, and says where a bundle is', async () => {
  await putBeside('p001-1.0.tar.gz.sig', 'signature')
  await putBeside('p001-1.0.tar.gz.crt', 'certificate')
  await putBeside('p002-1.0.tar.gz.sigstore.json', '{}')
  const [first, second, third] = await listPublished(place, undefined)
  const nothing = { signature: null, certificate: null, hasBundle: false }
  expect(first).toMatchObject({
    ...nothing,
    signature: encodeBase64(utf8('signature')),
    certificate: encodeBase64(utf8('certificate')),
  })
  expect(second).toMatchObject({ ...nothing, hasBundle: true })
  expect(third).toMatchObject(nothing)
})

it('finds them under the name of the package, where the project is called otherwise', async () => {
  await putBeside('p004-1.0.tar.gz.sig', 'signature', 'p004')
  await putBeside('p004-1.0.tar.gz.crt', 'certificate', 'p004')
  await putBeside('p004-1.0.tar.gz.sigstore.json', '{}', 'p004')
  expect((await listPublished(place, undefined))[3]).toMatchObject({
    fileName: 'p004-1.0.tar.gz',
    signature: encodeBase64(utf8('signature')),
    certificate: encodeBase64(utf8('certificate')),
    hasBundle: true,
  })
})

it('lets others have their turn between two files', async () => {
  const [file] = await place.registry.pypi.newest(place.project, { limit: 1 })
  // Answers at once, so that a turn of others is one that is left to them.
  const registry = {
    pypi: { newest: async () => Array.from({ length: 50 }, () => file) },
    generic: { find: async () => undefined },
  } as unknown as Registry
  let turns = 0
  let isDone = false
  const count = (): void => {
    turns += 1
    if (!isDone) setImmediate(count)
  }
  count()
  await listPublished({ ...place, registry }, undefined)
  isDone = true
  expect(turns).toBeGreaterThanOrEqual(50)
})
