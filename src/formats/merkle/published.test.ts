import { describe, expect, it } from 'vitest'
import { decodeHex, encodeHex } from '../../base/index.ts'
import { leafHash, nodeHash, treeRoot, verifyConsistency, verifyInclusion, type NodeReader } from './index.ts'

/** The eight entries, and the root at each size, on which implementations of Certificate Transparency agree. */
const ENTRIES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
]
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

const read: NodeReader = async (level, index) => {
  if (level === 0) return leafHash(decodeHex(ENTRIES[index]!))
  return nodeHash(await read(level - 1, 2 * index), await read(level - 1, 2 * index + 1))
}

describe('the tree of Certificate Transparency', () => {
  it.each(ROOTS.map((root, at) => [at + 1, root] as const))(
    'of size %i has the root %s',
    async (size, root) => {
      expect(encodeHex(await treeRoot(read, size))).toBe(root)
    },
  )
})

describe('verifyInclusion', () => {
  const siblings = Array.from({ length: 41 }, (_, level) => leafHash(new Uint8Array([level])))
  const leaf = leafHash(new Uint8Array())
  /** The last leaf of a full tree of 2^depth leaves: every sibling stands on the left. */
  const lastLeaf = (depth: number) => {
    const proof = siblings.slice(0, depth)
    const root = proof.reduce((hash, sibling) => nodeHash(sibling, hash), leaf)
    return { leafHash: leaf, index: 2 ** depth - 1, size: 2 ** depth, proof, root }
  }

  it.each([31, 32, 33, 40])('counts in a tree of 2^%i leaves as in a small one', (depth) => {
    const unverified = lastLeaf(depth)
    expect(verifyInclusion(unverified)).toBe(true)
    expect(verifyInclusion({ ...unverified, index: unverified.index - 1 })).toBe(false)
    expect(verifyInclusion({ ...unverified, index: unverified.index - 2 ** (depth - 1) })).toBe(false)
    expect(
      verifyInclusion({
        ...unverified,
        size: unverified.size / 2,
        index: unverified.index % 2 ** (depth - 1),
      }),
    ).toBe(false)
  })
})

/** Where others differ from each other, this is what holds here. */
describe('verifyConsistency', () => {
  const [root, other] = [decodeHex(ROOTS[7]!), decodeHex(ROOTS[6]!)]

  it('shows nothing from or to an empty tree, even with an empty proof', () => {
    for (const [first, second] of [
      [0, 0],
      [0, 8],
      [8, 0],
    ] as const) {
      expect(verifyConsistency({ first, second, firstRoot: root, secondRoot: root, proof: [] })).toBe(false)
    }
  })

  it('wants an empty proof and equal roots for equal sizes', () => {
    const unverified = { first: 8, second: 8, firstRoot: root, secondRoot: root, proof: [] }
    expect(verifyConsistency(unverified)).toBe(true)
    expect(verifyConsistency({ ...unverified, proof: [other] })).toBe(false)
    expect(verifyConsistency({ ...unverified, secondRoot: other })).toBe(false)
  })

  it('takes nothing as a root that is no hash', () => {
    const text = new Uint8Array(12)
    expect(verifyConsistency({ first: 1, second: 1, firstRoot: text, secondRoot: text, proof: [] })).toBe(
      false,
    )
  })
})
