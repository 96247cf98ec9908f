import { mkdir, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeSeal } from '../../registry/seals/arrange.ts'
import { distributionOf } from '../../formats/python/archive/arrange.ts'
import {
  LARGE,
  newRelease,
  published,
  SDIST,
  SMALL,
  uploads,
  WHEEL,
  type Ask,
  type Release,
} from './arrange.ts'
import { sha256Of, storageStandIn, type StandIn } from './stand-in/arrange.ts'

let release: Release
beforeEach(async () => {
  release = await newRelease()
})
afterEach(() => release.remove())

describe('publishing in a GitLab', () => {
  it('puts distributions into the PyPI registry and seals into the generic one, distributions first', async () => {
    const server = await release.gitlab()
    expect(await release.publish(server)).toHaveLength(8)
    expect(published(server)).toEqual([WHEEL, SDIST])
    const stored = server.packages.get('my-pkg')?.get(WHEEL)
    expect(stored).toMatchObject({ sha256: sha256Of(LARGE), requiresPython: '>=3.9' })
    expect(sha256Of(stored?.bytes ?? '')).toBe(sha256Of(LARGE))
    expect([...server.generic.keys()]).toEqual(
      [WHEEL, SDIST].flatMap((name) =>
        ['.sigstore.json', '.sig', '.crt'].map((ending) => `my-pkg/1.0/${name}${ending}`),
      ),
    )
    expect(uploads(server).findIndex((path) => path.includes('generic'))).toBe(2)
  })

  it('uploads nothing the second time, and reads all of it back again', async () => {
    const server = await release.gitlab()
    await release.publish(server)
    const before = server.asked.length
    expect((await release.publish(server)).every((line) => line.endsWith('was there'))).toBe(true)
    const second = server.asked.slice(before)
    expect(second.map(({ method }) => method)).not.toContain('PUT')
    expect(second.map(({ method }) => method)).not.toContain('POST')
    expect(second.filter(({ path }) => path.includes('/files/'))).toHaveLength(2)
  })

  it('sends no seals where these are not asked for, and then needs none', async () => {
    await unlink(release.at(`${WHEEL}.sig`))
    await unlink(release.at(`${WHEEL}.sigstore.json`))
    const server = await release.gitlab()
    expect(await release.publish(server, { seals: 'without seals' })).toEqual([
      `${WHEEL} uploaded`,
      `${SDIST} uploaded`,
    ])
    expect(server.generic.size).toBe(0)
  })

  it('puts seals alone there before the distributions', async () => {
    const server = await release.gitlab()
    expect(await release.publish(server, { seals: 'seals only' })).toHaveLength(6)
    expect(published(server)).toEqual([])
    expect(server.generic.size).toBe(6)
    expect(await release.publish(server)).toHaveLength(8)
    expect(published(server)).toEqual([WHEEL, SDIST])
  })

  it('puts no seal alone there where the name of its file has other bytes', async () => {
    const server = await release.gitlab()
    ;(server.packages as Map<string, unknown>).set(
      'my-pkg',
      new Map([[WHEEL, { bytes: SMALL, sha256: sha256Of(SMALL), requiresPython: '' }]]),
    )
    await expect(release.publish(server, { seals: 'seals only' })).rejects.toMatchObject({
      code: 'packaging.taken',
      hint: expect.stringContaining('raise the version'),
    })
    expect(server.generic.size).toBe(0)
  })

  it('does so with an id, at a relative URL, by an external name, through object storage, and forwarded to PyPI', async () => {
    const storage = release.opened(await storageStandIn())
    const elsewhere = release.opened(await storageStandIn())
    const server = await release.gitlab({
      prefix: '/gitlab',
      externalUrl: 'https://gitlab.example/gitlab',
      storage,
      forwardsTo: elsewhere.url,
    })
    expect(await release.publish(server, { project: '7' })).toHaveLength(8)
    expect(storage.asked).toHaveLength(8)
    expect(storage.asked.filter(({ authorization }) => authorization !== undefined)).toEqual([])
    expect(elsewhere.asked).toEqual([])
  })

  it('takes a package that twine has put there under another spelling for the same', async () => {
    const server = await release.gitlab()
    await release.publish(server, { seals: 'without seals' })
    const files = server.packages.get('my-pkg') ?? new Map()
    ;(server.packages as Map<string, typeof files>).set('My-Pkg', files)
    ;(server.packages as Map<string, typeof files>).delete('my-pkg')
    expect(await release.publish(server, { seals: 'without seals' })).toEqual([
      `${WHEEL} was there`,
      `${SDIST} was there`,
    ])
  })

  it('takes a seal that another has put there for no reason to stop', async () => {
    const server = await release.gitlab()
    ;(server.generic as Map<string, Uint8Array[]>).set(`my-pkg/1.0/${WHEEL}.sig`, [Buffer.from('garbage')])
    await release.publish(server)
    expect(server.generic.get(`my-pkg/1.0/${WHEEL}.sig`)).toHaveLength(2)
  })
})

const NEW = 'my_pkg-1.0-py312-none-any.whl'

describe('before the first upload', () => {
  const refusedWithoutUpload = async (server: StandIn, code: string, ask: Ask = {}): Promise<string> => {
    const error = await release.publish(server, ask).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code })
    expect(uploads(server)).toEqual([])
    return (error as Error).message
  }

  it('a name with other bytes ends it, and all of them are named', async () => {
    const server = await release.gitlab()
    await release.publish(server, { seals: 'without seals' })
    await writeFile(release.at(WHEEL), distributionOf(WHEEL))
    await writeFile(release.at(SDIST), distributionOf(SDIST, { content: 'other' }))
    await writeFile(release.at(NEW), distributionOf(NEW))
    const before = uploads(server).length
    const paths = [release.at(NEW), release.at(WHEEL), release.at(SDIST)]
    await expect(release.publish(server, { paths, seals: 'without seals' })).rejects.toMatchObject({
      code: 'packaging.taken',
      hint: expect.stringContaining('raise the version'),
      message: expect.stringMatching(new RegExp(`${WHEEL}.*${sha256Of(LARGE)}.*\n.*${SDIST}`)),
    })
    expect(uploads(server)).toHaveLength(before)
  })

  it('a listed file without a digest may be any, and ends it', async () => {
    const server = await release.gitlab()
    ;(server.packages as Map<string, unknown>).set(
      'my-pkg',
      new Map([[WHEEL, { bytes: LARGE, sha256: '', requiresPython: '' }]]),
    )
    expect(await refusedWithoutUpload(server, 'packaging.taken')).toContain('without a digest')
  })

  it('a missing seal of the last file ends it', async () => {
    await unlink(release.at(`${SDIST}.sigstore.json`))
    await unlink(release.at(`${SDIST}.crt`))
    expect(await refusedWithoutUpload(await release.gitlab(), 'packaging.no-seal')).toContain(
      `only ${SDIST}.sig`,
    )
  })

  const other = makeSeal({ of: WHEEL, bytes: SMALL })
  const own = makeSeal({ of: WHEEL, bytes: LARGE })
  const misnamed = makeSeal({ of: WHEEL, bytes: LARGE, fileName: 'my_pkg-2.0-py3-none-any.whl' })
  it.each([
    ['no bundle', '.sigstore.json', 'garbage', 'not a bundle'],
    ['a bundle of other bytes', '.sigstore.json', other.bundle, 'different file'],
    ['a signature of other bytes', '.sig', other.sig, 'does not match'],
    ['no certificate', '.crt', 'garbage', WHEEL],
    ['an attestation of other bytes', '.publish.attestation', other.attestation, ''],
    ['an attestation of another name', '.publish.attestation', misnamed.attestation, ''],
  ])('%s next to a file ends it', async (...[, ending, text, words]) => {
    const server = await release.gitlab()
    await writeFile(release.at(`${WHEEL}${ending}`), text)
    expect(await refusedWithoutUpload(server, 'packaging.wrong-seal')).toContain(words)
    expect(server.asked).toEqual([])
  })

  it('an attestation of the file, and a signature whose certificate is only in the bundle, do not', async () => {
    await writeFile(release.at(`${WHEEL}.publish.attestation`), own.attestation)
    await unlink(release.at(`${SDIST}.crt`))
    expect(await release.publish(await release.gitlab())).toHaveLength(8)
  })

  it('a file that cannot be read ends it, and so does one that is no distribution, is empty or is named twice', async () => {
    const server = await release.gitlab()
    await refusedWithoutUpload(server, 'host.file', {
      paths: [release.at(WHEEL), release.at('no-1.0.tar.gz')],
    })
    await writeFile(release.at('notes.txt'), 'x')
    await refusedWithoutUpload(server, 'packaging.file', {
      paths: [release.at(WHEEL), release.at('notes.txt')],
    })
    await writeFile(release.at('empty-1.0.tar.gz'), '')
    await refusedWithoutUpload(server, 'packaging.file', {
      paths: [release.at(WHEEL), release.at('empty-1.0.tar.gz')],
    })
    await mkdir(release.at('other'))
    await writeFile(join(release.at('other'), SDIST), 'x')
    await refusedWithoutUpload(server, 'packaging.file', {
      paths: [release.at(SDIST), join(release.at('other'), SDIST)],
    })
    await refusedWithoutUpload(server, 'packaging.file', { paths: [release.at(`${WHEEL}.sig`)] })
    await refusedWithoutUpload(server, 'packaging.file', {
      paths: [release.at(WHEEL), release.at(`${SDIST}.sig`)],
    })
    expect(server.asked).toEqual([])
  })

  it('a distribution that the registry would refuse ends it, and the check of it is named', async () => {
    const server = await release.gitlab()
    await writeFile(release.at(SDIST), distributionOf('other-1.0.tar.gz'))
    expect(await refusedWithoutUpload(server, 'packaging.file')).toMatch(/\[distribution\.[a-z-]+\]/)
  })

  it('seals among the names count with their distribution', async () => {
    const paths = [WHEEL, `${WHEEL}.sig`, `${WHEEL}.sigstore.json`, `${WHEEL}.slsa.attestation`].map((name) =>
      release.at(name),
    )
    expect(await release.publish(await release.gitlab(), { paths })).toHaveLength(4)
  })
})
