import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes, encodeHex, sha256, utf8 } from '../../base/index.ts'
import {
  appendedNodes,
  consistencyProof,
  edgeNodes,
  EMPTY_ROOT,
  inclusionProof,
  leafHash,
  treeRoot,
  verifyConsistency,
  verifyInclusion,
  type NodeReader,
} from './index.ts'

const MAX_SIZE = 70
const entries = Array.from({ length: MAX_SIZE }, (_, index) => utf8(`entry ${index}`))

/** The oracle: the definitions of RFC 6962 §2.1, word for word, over the entries themselves. */
function mth(d: readonly Uint8Array[]): Uint8Array {
  if (d.length === 0) return sha256(new Uint8Array())
  if (d.length === 1) return sha256(concatBytes(new Uint8Array([0]), d[0]!))
  const k = largestPower(d.length)
  return sha256(concatBytes(new Uint8Array([1]), mth(d.slice(0, k)), mth(d.slice(k))))
}

function path(m: number, d: readonly Uint8Array[]): Uint8Array[] {
  if (d.length === 1) return []
  const k = largestPower(d.length)
  return m < k
    ? [...path(m, d.slice(0, k)), mth(d.slice(k))]
    : [...path(m - k, d.slice(k)), mth(d.slice(0, k))]
}

function subproof(m: number, d: readonly Uint8Array[], isWhole: boolean): Uint8Array[] {
  if (m === d.length) return isWhole ? [] : [mth(d)]
  const k = largestPower(d.length)
  if (m <= k) return [...subproof(m, d.slice(0, k), isWhole), mth(d.slice(k))]
  return [...subproof(m - k, d.slice(k), false), mth(d.slice(0, k))]
}

function largestPower(n: number): number {
  return 2 ** Math.floor(Math.log2(n - 1))
}

function hexes(hashes: readonly Uint8Array[]): string[] {
  return hashes.map(encodeHex)
}

/** A log of all entries, grown by batches of the given sizes. */
async function grow(batches: readonly number[]): Promise<NodeReader> {
  const nodes = new Map<string, Uint8Array>()
  const read: NodeReader = async (level, index) => {
    const hash = nodes.get(`${level}/${index}`)
    if (hash === undefined) throw new Error(`node ${level}/${index} is not complete`)
    return hash
  }
  let size = 0
  for (const count of batches) {
    const edge = edgeNodes(size).map(({ level, index }) => `${level}/${index}`)
    const fromEdge: NodeReader = (level, index) => {
      expect(edge).toContain(`${level}/${index}`)
      return read(level, index)
    }
    const leafHashes = entries.slice(size, size + count).map(leafHash)
    for (const { level, index, hash } of await appendedNodes({ read: fromEdge, size, leafHashes })) {
      expect(nodes.has(`${level}/${index}`)).toBe(false)
      nodes.set(`${level}/${index}`, hash)
    }
    size += count
  }
  return read
}

const read = await grow(entries.map(() => 1))
const roots = entries.map((_, index) => mth(entries.slice(0, index + 1)))
const rootOf = (size: number): Uint8Array => roots[size - 1]!

describe('the tree', () => {
  it('has the roots of RFC 6962 at every size', async () => {
    expect(await treeRoot(read, 0)).toEqual(EMPTY_ROOT)
    for (let size = 1; size <= MAX_SIZE; size += 1) expect(await treeRoot(read, size)).toEqual(rootOf(size))
  })

  it('is the same whatever the batches were', async () => {
    const batches = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 7 })
    await fc.assert(
      fc.asyncProperty(batches, async (sizes) => {
        const total = sizes.reduce((sum, size) => sum + size, 0)
        expect(await treeRoot(await grow(sizes), total)).toEqual(rootOf(total))
      }),
      { numRuns: 50 },
    )
  })

  it('lists the edge left to right, also beyond 32 bits', () => {
    expect(edgeNodes(7)).toEqual([
      { level: 2, index: 0 },
      { level: 1, index: 2 },
      { level: 0, index: 6 },
    ])
    expect(edgeNodes(2 ** 40 + 1)).toEqual([
      { level: 40, index: 0 },
      { level: 0, index: 2 ** 40 },
    ])
  })
})

describe('inclusion', () => {
  it('is proved for every leaf of every size, as RFC 6962 §2.1.1 has it', async () => {
    for (let size = 1; size <= MAX_SIZE; size += 1) {
      for (let index = 0; index < size; index += 1) {
        const proof = await inclusionProof(read, { index, size })
        expect(hexes(proof)).toEqual(hexes(path(index, entries.slice(0, size))))
        const unverified = { leafHash: leafHash(entries[index]!), index, size, proof, root: rootOf(size) }
        expect(verifyInclusion(unverified)).toBe(true)
      }
    }
  })

  it('is not shown by a proof for another leaf, index, root, or of another length', async () => {
    for (let size = 1; size <= 20; size += 1) {
      for (let index = 0; index < size; index += 1) {
        const proof = await inclusionProof(read, { index, size })
        const unverified = { leafHash: leafHash(entries[index]!), index, size, proof, root: rootOf(size) }
        expect(verifyInclusion({ ...unverified, leafHash: leafHash(entries[index + 1]!) })).toBe(false)
        expect(verifyInclusion({ ...unverified, root: rootOf(size + 1) })).toBe(false)
        expect(verifyInclusion({ ...unverified, proof: [...proof, unverified.root] })).toBe(false)
        expect(verifyInclusion({ ...unverified, proof: proof.slice(0, -1) })).toBe(size === 1)
        // Also what is in no tree of this size: beyond its end the same hashes can be added up.
        for (let other = 0; other < 4 * size; other += 1) {
          expect(verifyInclusion({ ...unverified, index: other })).toBe(other === index)
        }
      }
    }
  })

  it.each([
    { index: -1 },
    { index: 3 },
    { index: 0.5 },
    { index: Number.NaN },
    { size: 0 },
    { size: 2 ** 60 },
    { leafHash: new Uint8Array(31) },
    { proof: [new Uint8Array(33)] },
  ])('refuses %o without throwing', async (change) => {
    const proof = await inclusionProof(read, { index: 1, size: 3 })
    const unverified = { leafHash: leafHash(entries[1]!), index: 1, size: 3, proof, root: rootOf(3) }
    expect(verifyInclusion(unverified)).toBe(true)
    expect(verifyInclusion({ ...unverified, ...change })).toBe(false)
  })

  it('cannot be asked for a leaf that is not there', async () => {
    await expect(inclusionProof(read, { index: 3, size: 3 })).rejects.toThrow(RangeError)
    await expect(inclusionProof(read, { index: -1, size: 3 })).rejects.toThrow(RangeError)
  })
})

describe('consistency', () => {
  it('is proved for every pair of sizes, as RFC 6962 §2.1.2 has it', async () => {
    for (let second = 1; second <= MAX_SIZE; second += 1) {
      for (let first = 1; first <= second; first += 1) {
        const proof = await consistencyProof(read, { first, second })
        expect(hexes(proof)).toEqual(hexes(subproof(first, entries.slice(0, second), true)))
        const unverified = { first, second, firstRoot: rootOf(first), secondRoot: rootOf(second), proof }
        expect(verifyConsistency(unverified)).toBe(true)
      }
    }
  })

  it('is not shown for a changed root, size or proof', async () => {
    for (let second = 2; second <= 20; second += 1) {
      for (let first = 1; first < second; first += 1) {
        const proof = await consistencyProof(read, { first, second })
        const unverified = { first, second, firstRoot: rootOf(first), secondRoot: rootOf(second), proof }
        expect(verifyConsistency({ ...unverified, firstRoot: rootOf(first + 1) })).toBe(false)
        expect(verifyConsistency({ ...unverified, secondRoot: rootOf(second + 1) })).toBe(false)
        expect(verifyConsistency({ ...unverified, proof: proof.slice(1) })).toBe(false)
        expect(verifyConsistency({ ...unverified, proof: [...proof, unverified.firstRoot] })).toBe(false)
      }
    }
  })

  it.each([
    [0, 3],
    [4, 3],
    [1.5, 3],
    [-1, 3],
    [3, 2 ** 60],
  ])('refuses sizes %d and %d', async (first, second) => {
    const unverified = { firstRoot: rootOf(3), secondRoot: rootOf(3), proof: [] }
    expect(verifyConsistency({ ...unverified, first: 3, second: 3 })).toBe(true)
    expect(verifyConsistency({ ...unverified, first, second })).toBe(false)
    await expect(consistencyProof(read, { first, second })).rejects.toThrow(RangeError)
  })
})
