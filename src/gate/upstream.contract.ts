import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readCapped, sha256Hex, utf8Decode } from '../base/index.ts'
import type { ListedFile } from './facts.ts'
import type { NewPage, StoredSeal } from './store.ts'
import type { Upstream } from './upstream.ts'

/** An index that is empty at first, and what its publishers do there with the package `demo`. */
export interface UpstreamScene {
  readonly upstream: Upstream
  /** Which seals this upstream is asked for. */
  readonly finds: readonly StoredSeal['kind'][]
  /** Publishes a wheel, with the attestation of its publisher where that is asked for. Gives its bytes. */
  publish(fileName: string, how?: { readonly isAttested?: boolean }): Promise<Uint8Array>
  /** Puts `.sigstore.json`, or `.sig` and `.crt`, beside a wheel. */
  seal(fileName: string, kind: 'bundle' | 'pair'): Promise<void>
  yank(version: string, reason: string): Promise<void>
  /** The whole package. */
  quarantine(): Promise<void>
  close(): Promise<void>
}

export const wheelOf = (version: string): string => `demo-${version}-py3-none-any.whl`
type Digested = ListedFile & { readonly sha256: string }

/** What every adapter of `Upstream` promises of an index that answers. The steps build on each other. */
export function describeUpstream(name: string, openScene: () => Promise<UpstreamScene>): void {
  describe(`upstream: ${name}`, () => {
    let scene: UpstreamScene
    const bytes = new Map<string, Uint8Array>()
    beforeAll(async () => {
      scene = await openScene()
      for (const version of ['1.0', '1.1', '2.0'])
        bytes.set(version, await scene.publish(wheelOf(version), { isAttested: version === '2.0' }))
      await scene.seal(wheelOf('1.1'), 'pair')
    })
    afterAll(() => scene.close())

    const page = async (): Promise<NewPage> => {
      const answer = await scene.upstream.page('demo', { etag: null })
      if (answer.kind !== 'page') throw new Error(answer.kind)
      return answer.page
    }
    const fileOf = async (version: string): Promise<Digested> => {
      const found = (await page()).files.find((file) => file.version === version)
      if (found === undefined || found.sha256 === null) throw new Error(`no ${version}`)
      return { ...found, sha256: found.sha256 }
    }

    it('lists each file once, by the digest, size and metadata of its bytes', async () => {
      const { files, status } = await page()
      expect(status).toBeNull()
      expect(files.map(({ fileName, version, kind }) => [fileName, version, kind])).toEqual(
        ['1.0', '1.1', '2.0'].map((version) => [wheelOf(version), version, 'wheel']),
      )
      for (const { version, ...file } of files)
        expect(file).toMatchObject({
          sha256: sha256Hex(bytes.get(version) ?? new Uint8Array()),
          sizeBytes: bytes.get(version)?.length,
          yanked: null,
          offersMetadata: true,
          uploadedAtMs: expect.any(Number),
        })
    })

    it('knows no name that nobody published', async () => {
      expect(await scene.upstream.page('other', { etag: null })).toEqual({ kind: 'unknown' })
    })

    it('gives the whole file, a part of it, and its metadata', async () => {
      const file = await fileOf('1.0')
      const asked = { maxBytes: 1 << 20, signal: new AbortController().signal }
      const whole = await readCapped(await scene.upstream.open(file, asked), 1 << 20)
      expect(sha256Hex(whole)).toBe(file.sha256)
      const part = await scene.upstream.range(file, { start: 2, end: 9 })
      expect(part === undefined ? undefined : [...part]).toEqual([...whole.subarray(2, 10)])
      const metadata = (await scene.upstream.metadata(file)) ?? new Uint8Array()
      expect(utf8Decode(metadata)).toContain('Name: demo')
      expect(sha256Hex(metadata)).toBe(file.metadataSha256)
    })

    it('gives no more of a file than is allowed, nothing of one that is called off, and no other bytes', async () => {
      const file = await fileOf('1.0')
      const open = async (one: ListedFile, maxBytes: number, signal = new AbortController().signal) =>
        readCapped(await scene.upstream.open(one, { maxBytes, signal }), 1 << 20)
      const failure = { code: expect.stringMatching(/^net\.|^gate\.registry$/) }
      await expect(open(file, (file.sizeBytes ?? 0) - 1)).rejects.toMatchObject(failure)
      const reason = new Error('nobody reads')
      await expect(open(file, 1 << 20, AbortSignal.abort(reason))).rejects.toBe(reason)
      const gone = { ...file, sha256: '0'.repeat(64), url: file.url.replace(file.sha256, '0'.repeat(64)) }
      await expect(open(gone, 1 << 20)).rejects.toMatchObject(failure)
    })

    it('finds the seals of a file, each by its digest, and none where there is none', async () => {
      const kinds = async (version: string) => {
        const answer = await scene.upstream.seals('demo', await fileOf(version))
        if (answer.kind === 'blind') throw new Error('blind')
        for (const { bytes: seal, sha256, source } of answer.seals)
          expect([sha256Hex(seal), source]).toEqual([sha256, expect.stringMatching(/\S/)])
        return answer.seals.map(({ kind }) => kind)
      }
      expect(await kinds('1.0')).toEqual([])
      for (const [version, kind] of [
        ['1.1', 'pair'],
        ['2.0', 'provenance'],
      ] as const)
        if (scene.finds.includes(kind)) expect(await kinds(version)).toContain(kind)
      // After the upload, as pipelines do.
      await scene.seal(wheelOf('1.0'), 'bundle')
      if (scene.finds.includes('bundle')) expect(await kinds('1.0')).toEqual(['bundle'])
    })

    it('says that a page is as it was, until something of it changes', async () => {
      const { etag } = await page()
      expect(etag).toMatch(/^(?:W\/)?"[^"]+"$/)
      expect(await scene.upstream.page('demo', { etag })).toEqual({ kind: 'unchanged' })
      await scene.yank('1.0', 'broken')
      const answer = await scene.upstream.page('demo', { etag })
      expect(answer).toMatchObject({ kind: 'page' })
      expect((await page()).files.map(({ yanked }) => yanked)).toEqual(['broken', null, null])
    })

    it('says that a package is quarantined, and gives none of its files', async () => {
      const file = await fileOf('2.0')
      await scene.quarantine()
      expect(await page()).toMatchObject({ status: 'quarantined', files: [] })
      const asked = { maxBytes: 1 << 20, signal: new AbortController().signal }
      await expect(scene.upstream.open(file, asked)).rejects.toMatchObject({
        code: expect.stringMatching(/^net\.|^gate\.registry$/),
      })
    })
  })
}
