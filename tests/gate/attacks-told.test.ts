/** Attacks 36 and 44: what a page or a name pretends to be, and what an operator is told of it. */
import { afterEach, describe, expect, it } from 'vitest'
import { zipOf } from '../../src/formats/python/archive/arrange.ts'
import {
  ANYTHING,
  DAY_MS,
  entryFor,
  fetched,
  NEWER,
  offer,
  openBench,
  policyOf,
  WHEEL,
  type Bench,
} from '../../src/gate/life/arrange.ts'

let bench: Bench
afterEach(() => bench.close())

/** A wheel with these headers in its METADATA. */
function wheelSaying(headers: string, version = '1.0'): Uint8Array {
  const info = `demo-${version}.dist-info`
  const metadata = `Metadata-Version: 2.1\nName: demo\nVersion: ${version}\n${headers}`
  return zipOf([
    { name: `${info}/METADATA`, content: metadata },
    { name: `${info}/WHEEL`, content: 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n' },
    { name: `${info}/RECORD`, content: '' },
  ])
}

describe('what a page says of files', () => {
  it('36: once a wheel is proved, its own Requires-Python is listed, and what a middlebox says is told', async () => {
    bench = await openBench()
    const honest = { requiresPython: '>=3.9' }
    const bytes = wheelSaying('Requires-Python: >= 3.9\n')
    offer(bench.upstream, WHEEL, { bytes, listed: { requiresPython: '>=99<script>' } })
    const pythonOf = async () => entryFor(await bench.gate.page('demo'), WHEEL)?.requiresPython
    // Before, the word of the upstream passes.
    expect(await pythonOf()).toBe('>=99<script>')
    expect(await fetched(bench.gate, WHEEL)).toBe('allowed')
    expect(await pythonOf()).toBe('>= 3.9')
    const told = async () => (await bench.gate.why('demo', '1.0')).files[0]!.notes
    expect(await told()).toEqual([
      'Requires-Python is ">= 3.9" in the wheel, which is what this gate lists, and ">=99<script>" on the page of pypi',
    ])
    const warned = `${WHEEL} has another Requires-Python than its page upstream says`
    expect((await bench.gate.status(0)).soon).toEqual([warned])
    offer(bench.upstream, WHEEL, { bytes, listed: honest })
    await bench.pass(60_000)
    expect([await pythonOf(), await told(), (await bench.gate.status(0)).soon]).toEqual(['>= 3.9', [], []])
    // Later, and after a restart, it hides nothing any more.
    offer(bench.upstream, WHEEL, { bytes, listed: { requiresPython: '>=99' } })
    await bench.pass(60_000)
    const again = bench.reopen()
    expect(entryFor(await again.page('demo'), WHEEL)?.requiresPython).toBe('>= 3.9')
    expect((await again.status(0)).soon).toEqual([warned])
  })

  it('36: a wheel without a Requires-Python is listed without; one that readers differ on proves nothing', async () => {
    bench = await openBench()
    const twice = wheelSaying('Requires-Python: >=3.9\nRequires-Python: >=3.10\n', '2.0')
    offer(bench.upstream, WHEEL, { bytes: wheelSaying(''), listed: { requiresPython: '<3' } })
    offer(bench.upstream, NEWER, { bytes: twice, listed: { requiresPython: '<3' } })
    for (const one of [WHEEL, NEWER]) await fetched(bench.gate, one)
    await bench.pass(60_000)
    const page = await bench.gate.page('demo')
    expect([WHEEL, NEWER].map((one) => entryFor(page, one)?.requiresPython)).toEqual([null, '<3'])
  })
})

describe('what a name looks like', () => {
  it('44: a name that is one edit away from a listed one is served, and an operator is told', async () => {
    bench = await openBench({ rules: `${ANYTHING}[[rules]]\nnames = ["demo-tools"]\nunsigned = "allow"\n` })
    const typo = 'demotools-1.0-py3-none-any.whl'
    for (const one of [typo, 'demo_tools-1.0-py3-none-any.whl', WHEEL]) offer(bench.upstream, one)
    expect(await fetched(bench.gate, typo)).toBe('allowed')
    for (const name of ['demo-tools', 'demo', 'dem-otools'])
      await bench.gate.page(name).catch(() => undefined)
    const warned = ['demotools was asked for, and is one edit away from demo-tools']
    expect((await bench.gate.status(0)).soon).toEqual(warned)
    // One that a rule lists is meant, and one that is asked for no more is forgotten.
    const listed = await policyOf(
      `${ANYTHING}[[rules]]\nnames = ["demo-tools", "demotools"]\nunsigned = "allow"\n`,
    )
    expect((await bench.reopen({ policy: () => listed }).status(0)).soon).toEqual([])
    await bench.pass(8 * DAY_MS)
    expect((await bench.gate.status(0)).soon).toEqual([])
  })
})
