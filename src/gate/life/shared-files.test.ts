import { beforeEach, expect, it } from 'vitest'
import { utf8 } from '../../base/index.ts'
import { bytesOf, makeSeal } from '../../registry/seals/arrange.ts'
import type { Gate } from '../gate.ts'
import {
  askedOf,
  fetched,
  gateUpstream,
  offer,
  openBench,
  policyOf,
  provenanceOf,
  SEALED,
  WHEEL,
  type Bench,
} from './arrange.ts'
import { fakeUpstream, type FakeUpstream } from './fake-upstream.contract.ts'

let bench: Bench
let evil: FakeUpstream
beforeEach(async () => {
  bench = await openBench({ rules: SEALED })
  evil = fakeUpstream()
  return () => bench.close()
})

const EVIL = 'evil-1.0-py3-none-any.whl'

/** Two upstreams, of which one lists the file of the other under a name of its own. */
async function gateOfBoth(rules: string): Promise<Gate> {
  const policy = await policyOf(rules)
  const their = gateUpstream(evil, {
    name: 'evil',
    key: 'fedcba9876543210',
    names: ['evil'],
    seals: 'generic',
  })
  const upstreams = [their, gateUpstream(bench.upstream, { seals: 'generic' })]
  const gate = bench.reopen({ upstreams, policy: () => policy })
  await gate.file({ ...askedOf(EVIL), upstream: 'evil' })
  return gate
}

it('a seal that another upstream lists in another form counts as it is found', async () => {
  const provenance = provenanceOf(makeSeal().attestation)
  offer(evil, EVIL, { bytes: bytesOf(WHEEL), bundles: [provenance] })
  offer(bench.upstream, WHEEL, { provenance })
  const gate = await gateOfBoth(SEALED.replace('"demo"', '"demo", "evil"'))
  expect(await fetched(gate, WHEEL)).toBe('allowed')
})

it('a seal that only another upstream lists makes no file one with a seal', async () => {
  offer(evil, EVIL, { bytes: bytesOf(WHEEL), bundles: [utf8('{"junk":1}')] })
  offer(bench.upstream, WHEEL)
  const gate = await gateOfBoth('version = 1\n[unlisted]\nlearn = true\nunsigned = "never-sealed"\n')
  expect(await fetched(gate, WHEEL)).toBe('allowed')
})
