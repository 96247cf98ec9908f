import { beforeEach, describe, expect, it } from 'vitest'
import { concatBytes, sha256Hex, utf8, utf8Decode, type Blobs, type ByteRange } from '../../base/index.ts'

const MAX_BYTES = 1 << 20

async function* chunks(...parts: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield typeof part === 'string' ? utf8(part) : part
}

/** What every adapter of the port Blobs promises. */
export function describeBlobs(name: string, makeBlobs: () => Promise<Blobs>): void {
  describe(`blobs: ${name}`, () => {
    let blobs: Blobs
    beforeEach(async () => {
      blobs = await makeBlobs()
    })

    const sizes = new Map<string, number>()
    const store = async (...parts: readonly (string | Uint8Array)[]): Promise<string> => {
      const staged = await blobs.stage(chunks(...parts), MAX_BYTES)
      await staged.commit()
      sizes.set(staged.sha256, staged.size)
      return staged.sha256
    }
    const readBack = async (sha256: string, range?: ByteRange): Promise<string> => {
      const blob = await blobs.open(sha256, sizes.get(sha256) ?? 'hello'.length)
      if (blob === undefined) throw new Error('no blob')
      const parts: Uint8Array[] = []
      for await (const part of blob.stream(range)) parts.push(part)
      return utf8Decode(concatBytes(...parts))
    }

    it('gives back what was committed, under its digest', async () => {
      const staged = await blobs.stage(chunks('he', '', 'llo'), MAX_BYTES)
      expect(staged).toMatchObject({ sha256: sha256Hex('hello'), size: 5 })
      await staged.commit()
      expect((await blobs.open(staged.sha256, 5))?.size).toBe(5)
      expect(await readBack(staged.sha256)).toBe('hello')
    })

    it('keeps bytes that are more than one chunk of any size', async () => {
      const text = 'abcdefg'.repeat(100_000)
      const sha256 = await store(text.slice(0, 300_001), text.slice(300_001))
      expect(sha256).toBe(sha256Hex(text))
      expect(sha256Hex(await readBack(sha256))).toBe(sha256)
      expect(await readBack(sha256, { start: 262_140, end: 262_150 })).toBe(text.slice(262_140, 262_151))
    })

    it('keeps no bytes at all', async () => {
      expect(await readBack(await store())).toBe('')
    })

    it('refuses a blob of another size than it was stored with', async () => {
      const sha256 = await store('hello')
      await expect(blobs.open(sha256, 6)).rejects.toMatchObject({ code: 'base.blob-damaged' })
    })

    it('shows nothing before the commit', async () => {
      const staged = await blobs.stage(chunks('hello'), MAX_BYTES)
      expect(await blobs.open(staged.sha256, 5)).toBeUndefined()
      await staged.discard()
      expect(await blobs.open(staged.sha256, 5)).toBeUndefined()
    })

    it('lets the bytes of any part be read before the commit, and none that there are not', async () => {
      const text = 'abcdefg'.repeat(100_000)
      const staged = await blobs.stage(chunks(text.slice(0, 300_001), text.slice(300_001)), MAX_BYTES)
      for (const [offset, length] of [
        [0, 3],
        [299_999, 5],
        [1, 600_000],
        [699_999, 1],
        [5, 0],
      ] as const)
        expect(utf8Decode(await staged.read(offset, length))).toBe(text.slice(offset, offset + length))
      for (const [offset, length] of [
        [0, 700_001],
        [699_999, 2],
        [800_000, 1],
      ] as const)
        await expect(staged.read(offset, length)).rejects.toMatchObject({ code: 'base.truncated' })
      await staged.commit()
      expect(await blobs.open(staged.sha256, text.length)).toBeDefined()
    })

    it('takes equal bytes twice, at once and after another', async () => {
      const [one, two] = await Promise.all([store('hello'), store('hello')])
      expect([one, two, await store('hello')]).toEqual(Array(3).fill(sha256Hex('hello')))
      expect(await readBack(one)).toBe('hello')
    })

    it('takes a discard after a commit, and keeps the blob', async () => {
      const staged = await blobs.stage(chunks('hello'), MAX_BYTES)
      await staged.commit()
      await staged.discard()
      expect(await readBack(staged.sha256)).toBe('hello')
    })

    it.each([
      [{ start: 0, end: 0 }, 'h'],
      [{ start: 1, end: 3 }, 'ell'],
      [{ start: 4, end: 4 }, 'o'],
    ])('reads the range %j', async (range, text) => {
      expect(await readBack(await store('hello'), range)).toBe(text)
    })

    it('refuses more bytes than are allowed, and takes exactly as many', async () => {
      await expect(blobs.stage(chunks('12', '345'), 4)).rejects.toMatchObject({ code: 'base.too-large' })
      expect(await blobs.stage(chunks('12', '34'), 4)).toMatchObject({ size: 4 })
    })

    it('passes on the failure of what it reads', async () => {
      const cut = async function* (): AsyncGenerator<Uint8Array> {
        yield utf8('half')
        throw new Error('connection cut')
      }
      await expect(blobs.stage(cut(), MAX_BYTES)).rejects.toThrow('connection cut')
    })

    it.each(['', '..', '../tmp', 'A'.repeat(64), 'a'.repeat(63), 'f'.repeat(64)])(
      'has no blob %j',
      async (sha256) => {
        expect(await blobs.open(sha256, 5)).toBeUndefined()
      },
    )
  })
}
