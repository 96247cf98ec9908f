import { describe, expect, it } from 'vitest'
import { inParallel } from './in-parallel.ts'

describe('inParallel', () => {
  it('keeps to the limit, and to the order', async () => {
    let [underWay, most] = [0, 0]
    const results = await inParallel([3, 1, 2, 1, 3], 2, async (turns) => {
      underWay += 1
      most = Math.max(most, underWay)
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve()
      underWay -= 1
      return turns * 10
    })
    expect(results).toEqual([30, 10, 20, 10, 30])
    expect(most).toBe(2)
  })

  it('begins nothing after a failure', async () => {
    const begun: number[] = []
    const work = async (item: number): Promise<void> => {
      begun.push(item)
      if (item === 1) throw new Error('one failed')
      await Promise.resolve()
    }
    await expect(inParallel([1, 2, 3, 4, 5, 6], 2, work)).rejects.toThrow('one failed')
    expect(begun).toEqual([1, 2])
  })
})
