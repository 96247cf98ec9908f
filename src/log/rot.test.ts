import { describe, expect, it } from 'vitest'
import { concatBytes, utf8 } from '../base/index.ts'
import { leafHash } from '../formats/merkle/index.ts'
import { grown } from './arrange.ts'
import { decodeBundleEntries, decodeBundleHead, bundleHeadBytes } from './bundle.ts'
import { encodeEntry, uint } from './entry.ts'
import { openLog, type LogFiles, type TransparencyLog } from './index.ts'

const WIDTH = 4

async function rewrite(
  files: LogFiles,
  path: string,
  change: (bytes: Uint8Array) => Uint8Array,
): Promise<void> {
  const bytes = await files.read(path, 0, 100_000)
  await files.remove(path)
  const file = await files.create(path)
  await file.append(change(bytes))
}

/** Of the leaf, the time or the extra of an entry: `at` counts from the text of its leaf. */
function flipNear(text: string, at: number) {
  return (bytes: Uint8Array): Uint8Array => {
    const place = Buffer.from(bytes).indexOf(text) + at
    return bytes.with(place, bytes[place]! ^ 1)
  }
}

/** As earlier versions wrote it. */
function withoutSums(bytes: Uint8Array): Uint8Array {
  const headBytes = bundleHeadBytes(WIDTH)
  const head = decodeBundleHead(bytes.subarray(0, headBytes), WIDTH)
  const encoded = decodeBundleEntries(bytes.subarray(headBytes), head, 0).map((one) => encodeEntry(one))
  const offsets = [headBytes]
  for (const one of encoded) offsets.push((offsets.at(-1) ?? 0) + one.length)
  return concatBytes(uint(0x57534231, 4), ...offsets.map((offset) => uint(offset, 4)), ...encoded)
}

async function damaged(
  path: string,
  change: (bytes: Uint8Array) => Uint8Array,
): Promise<{ log: TransparencyLog; files: LogFiles }> {
  const { log, parts } = await grown(40)
  await log.close()
  await rewrite(parts.files, path, change)
  return { log: await openLog(parts), files: parts.files }
}

describe('a bundle in which a bit flipped', () => {
  it.each([
    ['the leaf', flipNear('leaf 6', 0)],
    ['the length of the leaf', flipNear('leaf 6', -1)],
    ['the time', flipNear('leaf 6', -3)],
    ['what stands beside the leaf', flipNear('leaf 6', 8)],
    ['the checksum', flipNear('leaf 6', 12)],
    ['the leaf, of an earlier version', (bytes: Uint8Array) => flipNear('leaf 6', 0)(withoutSums(bytes))],
  ])('in %s is an error that says so, and never an entry that is missing', async (_what, change) => {
    const { log } = await damaged('entries/001', change)
    const expected = { code: 'log.corrupt', status: 503, message: /damaged/ }
    await expect(log.entry(6)).rejects.toMatchObject(expected)
    await expect(log.find(leafHash(utf8('leaf 6')))).rejects.toMatchObject(expected)
    await expect(log.entries(4, 4)).rejects.toMatchObject(expected)
    expect((await log.entry(11))?.leaf).toEqual(utf8('leaf 11'))
  })

  it('refuses the entry that may be the damaged one, and takes all others', async () => {
    const { log } = await damaged('entries/001', flipNear('leaf 6', 0))
    const [again, other] = await Promise.allSettled([
      log.append({ leaf: utf8('leaf 6') }),
      log.append({ leaf: utf8('another') }),
    ])
    expect(again).toMatchObject({ reason: { code: 'log.corrupt' } })
    expect(other).toMatchObject({ status: 'fulfilled' })
    expect(log.refusal()).toBeUndefined()
    expect((await log.append({ leaf: utf8('one more') })).isDuplicate).toBe(false)
  })

  it('in its offsets is one too', async () => {
    const { log } = await damaged('entries/001', (bytes) => bytes.with(8, 1))
    await expect(log.entry(6)).rejects.toMatchObject({
      code: 'log.corrupt',
      message: 'entries/001: the offsets of a bundle are not in order',
    })
  })
})

describe('a bundle of an earlier version', () => {
  it('is read as it is', async () => {
    const { log } = await damaged('entries/001', withoutSums)
    expect((await log.entries(4, 4)).map(({ leaf }) => leaf)).toEqual(
      [4, 5, 6, 7].map((at) => utf8(`leaf ${at}`)),
    )
    expect((await log.check()).problems).toEqual([])
  })
})

describe('a tile in which a bit flipped', () => {
  const flipAt = (place: number) => (bytes: Uint8Array) => bytes.with(place, bytes[place]! ^ 1)

  it('gives no proof and no entry that it would be wrong about', async () => {
    const { log } = await damaged('tile/0/001', flipAt(0))
    const { size } = await log.head()
    await expect(log.entry(4)).rejects.toMatchObject({ code: 'log.corrupt' })
    await expect(log.inclusionProof(5, size)).rejects.toMatchObject({ code: 'log.corrupt', message: /tile/ })
    expect(await log.inclusionProof(20, size)).not.toEqual([])
  })

  it('gives no proof that two heads fit together which does not hold', async () => {
    const { log } = await damaged('tile/1/000', flipAt(0))
    const { size } = await log.head()
    await expect(log.consistencyProof(7, size)).rejects.toMatchObject({ code: 'log.corrupt' })
  })
})
