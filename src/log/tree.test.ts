import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { utf8 } from '../base/index.ts'
import { leafHash, nodeHash, verifyConsistency, verifyInclusion } from '../formats/merkle/index.ts'
import { newLog, reopened, text } from './arrange.ts'
import type { TransparencyLog } from './index.ts'

/** RFC 6962 §2.1 as it stands there: all leaves, from nothing that the log computed. */
function naiveRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 1) return leafHash(leaves[0]!)
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  return nodeHash(naiveRoot(leaves.slice(0, split)), naiveRoot(leaves.slice(split)))
}

describe('the tree', () => {
  it('has the root of RFC 6962 and proofs for every leaf at every size', async () => {
    const made = await newLog()
    const leaves = [utf8('genesis')]
    const heads = [await made.log.head()]
    for (let count = 1; count < 70; count += 1) {
      leaves.push(utf8(`leaf ${count}`))
      await made.log.append({ leaf: leaves.at(-1)! })
      heads.push(await made.log.head())
    }
    const log = await reopened(made)
    for (const [at, { size, root }] of heads.entries()) {
      expect(root).toEqual(naiveRoot(leaves.slice(0, at + 1)))
      expect(await log.headAt(size)).toEqual({ size, root })
      for (let index = 0; index < size; index += 3) {
        const proof = await log.inclusionProof(index, size)
        expect(verifyInclusion({ leafHash: leafHash(leaves[index]!), index, size, proof, root })).toBe(true)
      }
    }
  })

  it('grows consistently from any size to any later one', async () => {
    const { log } = await newLog()
    const heads = [await log.head()]
    for (let count = 1; count < 24; count += 1) {
      await log.append(text(`leaf ${count}`))
      heads.push(await log.head())
    }
    const pair = fc.tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 23 }))
    await fc.assert(
      fc.asyncProperty(pair, async ([a, b]) => {
        const [first, second] = [heads[Math.min(a, b)]!, heads[Math.max(a, b)]!]
        const proof = await log.consistencyProof(first.size, second.size)
        const claim = {
          first: first.size,
          second: second.size,
          firstRoot: first.root,
          secondRoot: second.root,
          proof,
        }
        expect(verifyConsistency(claim)).toBe(true)
      }),
    )
  })

  it.each([
    ['an index beyond the size', (log: TransparencyLog) => log.inclusionProof(1, 1)],
    ['a size beyond the log', (log: TransparencyLog) => log.inclusionProof(0, 2)],
    ['a negative index', (log: TransparencyLog) => log.inclusionProof(-1, 1)],
    ['a fraction', (log: TransparencyLog) => log.inclusionProof(0.5, 1)],
    ['consistency from nothing', (log: TransparencyLog) => log.consistencyProof(0, 1)],
    ['consistency backwards', (log: TransparencyLog) => log.consistencyProof(2, 1)],
  ])('refuses %s', async (_what, ask) => {
    const { log } = await newLog()
    await expect(ask(log)).rejects.toMatchObject({ code: 'log.range' })
  })
})
