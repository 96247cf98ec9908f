import { beforeEach, describe, expect, it } from 'vitest'
import { makeSeal, OTHER } from '../../registry/seals/arrange.ts'
import { trustRoot } from '../../verify/arrange.ts'
import {
  ANYTHING,
  askedOf,
  entryFor,
  fetched,
  gateUpstream,
  netError,
  NEWER,
  offer,
  openBench,
  policyOf,
  provenanceOf,
  refusalFor,
  SEALED,
  settle,
  WHEEL,
  type Bench,
} from './arrange.ts'

const sealed = provenanceOf(makeSeal().attestation)
const newer = provenanceOf(makeSeal({ of: NEWER }).attestation)
const mallory = provenanceOf(makeSeal({ project: OTHER }).attestation)

let bench: Bench
beforeEach(async () => {
  bench = await openBench({ rules: SEALED })
  return () => bench.close()
})

const searches = (): number => bench.upstream.asked.filter((one) => one.startsWith('seals')).length

async function yankedOf(fileName = WHEEL): Promise<string | null | undefined> {
  return entryFor(await bench.gate.page('demo'), fileName)?.yanked
}

describe('the seals of a file', () => {
  it('are looked for once, and decide', async () => {
    offer(bench.upstream, WHEEL, { provenance: sealed })
    expect(await fetched(bench.gate, WHEEL)).toBe('allowed')
    expect(await yankedOf()).toBeNull()
    expect(await fetched(bench.reopen(), WHEEL)).toBe('allowed')
    expect(searches()).toBe(1)
  })

  it('of another project refuse it, on its page too', async () => {
    offer(bench.upstream, WHEEL, { provenance: mallory })
    expect(await yankedOf()).toMatch(/^refused \(verify\.identity\): demo 1\.0 was signed by .*app-evil/)
    for (const kind of [undefined, 'metadata', 'provenance'] as const)
      expect(await fetched(bench.gate, WHEEL, kind)).toBe('verify.identity')
  })

  it('are never taken for none where they cannot be had', async () => {
    offer(bench.upstream, WHEEL, { provenance: sealed })
    bench.upstream.failing.set('seals', () => Promise.reject(netError('net.refused')))
    expect(await yankedOf()).toBeNull()
    expect(await refusalFor(bench.gate, WHEEL)).toMatchObject({
      status: 424,
      code: 'gate.upstream',
      sentence: expect.stringContaining('pypi did not tell of its seals; try again in a minute'),
    })
    expect(await fetched(bench.gate, WHEEL, 'metadata')).toBe('gate.upstream')
    // Not for each request, and as soon as they can be had.
    expect([searches(), bench.logged]).toEqual([1, ['gate.seals-failed']])
    bench.upstream.failing.clear()
    await bench.pass(5_000)
    expect(await fetched(bench.gate, WHEEL)).toBe('allowed')
  })

  it('are looked for again where a log signed two trees, and count once they are of another tree', async () => {
    const entry = { treeId: 66 }
    for (const of of [WHEEL, NEWER])
      offer(bench.upstream, of, { provenance: provenanceOf(makeSeal({ of, entry }).attestation) })
    expect([await fetched(bench.gate, WHEEL), await fetched(bench.gate, NEWER)]).toEqual([
      'allowed',
      'gate.split-view',
    ])
    offer(bench.upstream, NEWER, { provenance: newer })
    await bench.pass(300_001)
    expect(await fetched(bench.gate, NEWER)).toBe('allowed')
  })

  it('are worth nothing under another trust root, also right after they could not be had', async () => {
    offer(bench.upstream, WHEEL, { provenance: sealed })
    await fetched(bench.gate, WHEEL)
    const store = { ...bench.store, findSealSearches: async () => new Map<string, never>() }
    bench.upstream.failing.set('seals', () => Promise.reject(netError()))
    let trust = { trustRoot, rootsSha256: 'roots', untilMs: null }
    const upstreams = [gateUpstream(bench.upstream, { trust: () => trust })]
    const gate = bench.reopen({ store, upstreams })
    expect(await fetched(gate, WHEEL)).toBe('allowed')
    trust = { ...trust, trustRoot: { ...trustRoot, logs: [] }, rootsSha256: 'without the log' }
    expect(await fetched(gate, WHEEL)).toBe('gate.upstream')
  })

  it('that were seen once count when they can be had no more', async () => {
    offer(bench.upstream, WHEEL, { provenance: sealed })
    await fetched(bench.gate, WHEEL)
    // The search that was under way is forgotten, as by a crash; the seal is not.
    const store = { ...bench.store, findSealSearches: async () => new Map<string, never>() }
    bench.upstream.failing.set('seals', () => Promise.reject(netError()))
    expect(await fetched(bench.reopen({ store }), WHEEL)).toBe('allowed')
  })

  it('that are kept count for the name that they were judged by, also while nobody answers', async () => {
    const { bytes } = offer(bench.upstream, WHEEL, { provenance: sealed })
    offer(bench.upstream, NEWER, { bytes, provenance: sealed })
    await fetched(bench.gate, WHEEL)
    const store = { ...bench.store, findSealSearches: async () => new Map<string, never>() }
    bench.upstream.failing.set('seals', () => Promise.reject(netError()))
    const gate = bench.reopen({ store })
    expect([await fetched(gate, WHEEL), await fetched(gate, NEWER)]).toEqual(['allowed', 'gate.upstream'])
  })

  it('are judged anew by another trust root, and no verdict of one counts for the other', async () => {
    offer(bench.upstream, WHEEL, { provenance: sealed })
    await fetched(bench.gate, WHEEL)
    const stranger = { ...trustRoot, certificateAuthorities: [] }
    let trust = { trustRoot, rootsSha256: 'roots', untilMs: null }
    const gate = bench.reopen({ upstreams: [gateUpstream(bench.upstream, { trust: () => trust })] })
    expect(await fetched(gate, WHEEL)).toBe('allowed')
    trust = { trustRoot: stranger, rootsSha256: 'others', untilMs: null }
    expect(await fetched(gate, WHEEL)).toBe('verify.chain')
    trust = { trustRoot, rootsSha256: 'roots', untilMs: null }
    expect(await fetched(gate, WHEEL)).toBe('allowed')
  })

  it('are those of the name of the file: the same bytes under another one have none', async () => {
    const { bytes } = offer(bench.upstream, WHEEL, { provenance: sealed })
    offer(bench.upstream, NEWER, { bytes, provenance: sealed })
    expect(await fetched(bench.gate, NEWER)).toBe('verify.attestation')
    expect(await fetched(bench.gate, WHEEL)).toBe('allowed')
  })

  it('that come after the upload are found, and lift what was refused', async () => {
    await bench.close()
    bench = await openBench({ rules: SEALED, upstreamChanges: { seals: 'beside' } })
    offer(bench.upstream, WHEEL)
    expect([await yankedOf(), await fetched(bench.gate, WHEEL)]).toEqual([
      expect.stringContaining('(gate.unsigned)'),
      'gate.unsigned',
    ])
    offer(bench.upstream, WHEEL, { provenance: sealed })
    await bench.pass(299_000)
    expect(await fetched(bench.gate, WHEEL)).toBe('gate.unsigned')
    await bench.pass(1_000)
    expect(await yankedOf()).toBeNull()
    expect(await fetched(bench.gate, WHEEL)).toBe('allowed')
  })

  it('that are better than those before are found by who asks for the file', async () => {
    offer(bench.upstream, WHEEL, { provenance: mallory })
    expect(await fetched(bench.gate, WHEEL)).toBe('verify.identity')
    offer(bench.upstream, WHEEL, { provenance: sealed })
    await bench.pass(300_000)
    expect(await fetched(bench.gate, WHEEL)).toBe('allowed')
    offer(bench.upstream, WHEEL, { provenance: mallory })
    await bench.pass(300_000)
    expect(await fetched(bench.gate, WHEEL)).toBe('allowed')
  })

  it('are judged for who asks where they come later than a page can wait', async () => {
    offer(bench.upstream, WHEEL, { provenance: mallory })
    let answer: () => void = () => undefined
    bench.upstream.failing.set(
      'seals',
      () =>
        new Promise<never>((resolve) => {
          answer = resolve as () => void
        }),
    )
    const page = yankedOf()
    await settle()
    await bench.pass(300)
    expect(await page).toBeNull()
    bench.upstream.failing.clear()
    answer()
    await settle()
    expect(await yankedOf()).toContain('(verify.identity)')
  })

  it('of the release are looked for with those of the file that is asked for', async () => {
    offer(bench.upstream, WHEEL, { provenance: sealed })
    offer(bench.upstream, 'demo-1.0.tar.gz', { provenance: mallory })
    expect(await fetched(bench.gate, WHEEL)).toBe('gate.release')
  })

  it('of a log that is silent are not waited for by a page', async () => {
    await bench.close()
    let asked = 0
    const askLog = async () => {
      asked += 1
      return { entries: [], refusal: netError() }
    }
    bench = await openBench({ rules: SEALED, upstreamChanges: { askLog, seals: 'generic' } })
    const { sig, crt } = makeSeal()
    const pair = Buffer.from(JSON.stringify({ certificate: btoa(crt), signature: btoa(sig) }))
    offer(bench.upstream, WHEEL, { provenance: pair })
    const upstreams = bench.parts.upstreams.map((one) => ({
      ...one,
      client: {
        ...one.client,
        seals: async () => ({
          kind: 'seals' as const,
          seals: [{ kind: 'pair' as const, source: 'x', sha256: 'a'.repeat(64), bytes: pair }],
        }),
      },
    }))
    const gate = bench.reopen({ upstreams })
    expect(await fetched(gate, WHEEL)).toBe('gate.upstream')
    expect(asked).toBe(1)
    await bench.pass(4_000)
    await gate.page('demo')
    await gate.page('demo')
    expect(asked).toBe(1)
  })
})

describe('a gate in the mode', () => {
  it('warn lets through what it would refuse, and says so', async () => {
    const gate = bench.reopen({ mode: 'warn' })
    offer(bench.upstream, WHEEL, { provenance: mallory })
    expect(await gate.file(askedOf(WHEEL))).toMatchObject({ wouldRefuse: 'verify.identity' })
    expect(entryFor(await gate.page('demo'), WHEEL)?.yanked).toBeNull()
    expect((await gate.status(0)).counts).toMatchObject({ wouldRefuse: 1, served: 1, refused: 0 })
  })

  it('warn lets through what cannot be judged', async () => {
    const gate = bench.reopen({ mode: 'warn' })
    offer(bench.upstream, WHEEL, { provenance: sealed })
    bench.upstream.failing.set('seals', () => Promise.reject(netError()))
    expect(await gate.file(askedOf(WHEEL))).toMatchObject({ wouldRefuse: 'gate.upstream' })
    expect(await fetched(gate, WHEEL)).toBe('allowed')
  })

  it.each(['warn', 'off'] as const)('%s refuses bytes that are not what the page says', async (mode) => {
    const gate = bench.reopen({ mode })
    offer(bench.upstream, WHEEL, { provenance: sealed, sent: Buffer.from('x') })
    expect(await fetched(gate, WHEEL)).toBe('gate.digest')
    expect(await fetched(gate, WHEEL)).toBe('gate.digest')
    expect(entryFor(await gate.page('demo'), WHEEL)?.yanked).toContain('(gate.digest)')
  })

  it('off asks nobody for seals', async () => {
    const gate = bench.reopen({ mode: 'off' })
    offer(bench.upstream, WHEEL, { provenance: mallory })
    await gate.page('demo')
    expect([await fetched(gate, WHEEL), searches()]).toEqual(['allowed', 0])
  })
})

describe('a policy', () => {
  it('that is another one decides at once, for pages and files', async () => {
    const [strict, open] = [await policyOf(SEALED), await policyOf(ANYTHING)]
    let policy = open
    const gate = bench.reopen({ policy: () => policy })
    offer(bench.upstream, NEWER, { provenance: newer })
    offer(bench.upstream, WHEEL)
    const yanks = async () => (await gate.page('demo')).files.map(({ yanked }) => yanked === null)
    expect([await yanks(), await fetched(gate, WHEEL)]).toEqual([[true, true], 'allowed'])
    policy = strict
    expect([await yanks(), await fetched(gate, WHEEL)]).toEqual([[true, false], 'gate.unsigned'])
    policy = open
    expect([await yanks(), await fetched(gate, WHEEL)]).toEqual([[true, true], 'allowed'])
  })
})
