import { beforeEach, describe, expect, it } from 'vitest'
import { gzipOf, tarOf } from '../../formats/python/archive/arrange.ts'
import { fetched, offer, openBench, refusalFor, type Bench } from './arrange.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench()
  return () => bench.close()
})

const SDIST = 'demo-1.0.tar.gz'
const NEWER_SDIST = 'demo-2.0.tar.gz'
const opened = (): number => bench.upstream.asked.filter((one) => one.startsWith('open')).length

describe('an sdist that is kept', () => {
  it('is no other one of the same digest, and is not fetched again for its own name', async () => {
    const old = offer(bench.upstream, SDIST)
    offer(bench.upstream, NEWER_SDIST, { bytes: old.bytes })
    expect(await fetched(bench.gate, SDIST)).toBe('allowed')
    const gate = bench.reopen()
    expect(await refusalFor(gate, NEWER_SDIST)).toMatchObject({
      code: 'gate.metadata',
      sentence: expect.stringContaining('demo 2.0 is an sdist of another name or version'),
    })
    expect(await fetched(gate, NEWER_SDIST)).toBe('gate.metadata')
    expect(await fetched(bench.reopen(), SDIST)).toBe('allowed')
    expect(opened()).toBe(2)
  })

  it('without a word of its name is served, as installers take it, and logged', async () => {
    const bytes = gzipOf(tarOf([{ name: 'src/setup.py', content: '' }]))
    offer(bench.upstream, SDIST, { bytes })
    offer(bench.upstream, NEWER_SDIST, { bytes })
    expect([await fetched(bench.gate, SDIST), await fetched(bench.gate, SDIST)]).toEqual([
      'allowed',
      'allowed',
    ])
    expect([opened(), bench.logged]).toEqual([1, ['gate.sdist-silent']])
    // What is kept of one name says nothing of the other.
    expect(await fetched(bench.gate, NEWER_SDIST)).toBe('allowed')
    expect(opened()).toBe(2)
  })
})
