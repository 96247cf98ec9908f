import { hash, sign } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { utf8 } from '../../base/index.ts'
import { wheelOfSize } from '../../formats/python/archive/arrange.ts'
import { formatBundle, hashedRekordBody, type DigestAlgorithm } from '../../formats/sigstore/index.ts'
import { certificatePem } from '../../formats/x509/index.ts'
import { bytesOf, makeSeal } from '../../registry/seals/arrange.ts'
import { ISSUER, makeEntry, makeLeaf, newKey } from '../../verify/arrange.ts'
import {
  askedOf,
  entryFor,
  fetched,
  gateUpstream,
  NEWER,
  offer,
  openBench,
  policyOf,
  pushed,
  refusalFor,
  SEALED,
  settle,
  WHEEL,
  type Bench,
} from './arrange.ts'
import { fakeUpstream } from './fake-upstream.contract.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench({ rules: SEALED })
  return () => bench.close()
})

const PROJECT = `${ISSUER}/acme/app`
const opened = (): number => bench.upstream.asked.filter((one) => one.startsWith('open')).length
const searches = (): number => bench.upstream.asked.filter((one) => one.startsWith('seals')).length

let treeId = 1000

/** Of a key whose digest is not SHA-256. */
function sealOf(bytes: Uint8Array, algorithm: 'sha384' | 'sha512' = 'sha384'): Uint8Array {
  const { key, spki } = newKey(algorithm === 'sha384' ? 'P-384' : 'P-521')
  const certificate = makeLeaf({
    spki,
    uri: `${PROJECT}//.gitlab-ci.yml@refs/heads/main`,
    extensions: [
      { arc: 1, value: ISSUER },
      { arc: 8, value: ISSUER },
      { arc: 12, value: PROJECT },
      { arc: 14, value: 'refs/heads/main' },
      { arc: 15, value: '20' },
    ],
  })
  const signature = new Uint8Array(sign(algorithm, bytes, key))
  const digest = {
    algorithm: algorithm as DigestAlgorithm,
    digest: new Uint8Array(hash(algorithm, bytes, 'buffer')),
  }
  const body = hashedRekordBody({ ...digest, signature, publicKeyPem: certificatePem(certificate.der) })
  // In one tree of the log they would contradict each other.
  treeId += 1
  const entry = makeEntry({ body, certificate, treeId })
  const entries = [{ ...entry, kindVersion: 'hashedrekord 0.0.1' }] as const
  return utf8(JSON.stringify(formatBundle({ certificate: certificate.der, signature, digest, entries })))
}

describe('a seal that needs the whole file', () => {
  it.each(['sha384', 'sha512'] as const)(
    'is judged when the file is asked for, which is fetched once (%s)',
    async (algorithm) => {
      const bundles = [sealOf(bytesOf(WHEEL), algorithm)]
      offer(bench.upstream, WHEEL, { bundles })
      for (let time = 0; time < 3; time += 1) {
        expect(entryFor(await bench.gate.page('demo'), WHEEL)?.yanked).toBeNull()
        await bench.pass(60_000)
      }
      expect([opened(), searches()]).toEqual([0, 1])
      expect(await fetched(bench.gate, WHEEL)).toBe('allowed')
      expect(await fetched(bench.reopen(), WHEEL)).toBe('allowed')
      expect([opened(), searches()]).toEqual([1, 1])
    },
  )

  it('of other bytes refuses the file, of which no client has had a byte', async () => {
    offer(bench.upstream, WHEEL, { bundles: [sealOf(bytesOf(NEWER))] })
    expect(await fetched(bench.gate, WHEEL)).toBe('verify.signature')
    expect(entryFor(await bench.gate.page('demo'), WHEEL)?.yanked).toContain('(verify.signature)')
    expect([await fetched(bench.gate, WHEEL, 'metadata'), opened()]).toEqual(['verify.signature', 1])
  })

  it('is judged before metadata is given away', async () => {
    offer(bench.upstream, WHEEL, { bundles: [sealOf(bytesOf(NEWER))] })
    expect(await fetched(bench.gate, WHEEL, 'metadata')).toBe('verify.signature')
  })

  it('does not make less of bytes that are not those of the page', async () => {
    offer(bench.upstream, WHEEL, { bundles: [sealOf(bytesOf(WHEEL))], sent: bytesOf(NEWER) })
    expect(await fetched(bench.gate, WHEEL)).toBe('gate.digest')
    expect(await fetched(bench.gate, WHEEL)).toBe('gate.digest')
    expect(opened()).toBe(1)
  })

  it('of a file that takes longer than clients wait is told as that, and judged for who asks again', async () => {
    const bytes = wheelOfSize(100_000, WHEEL)
    offer(bench.upstream, WHEEL, { bytes, bundles: [sealOf(bytes)] })
    const from = pushed()
    bench.upstream.streams = from.stream
    const refusal = refusalFor(bench.gate, WHEEL)
    await expect.poll(opened).toBe(1)
    await from.push(bytes.subarray(0, 90_000))
    await bench.pass(12_000)
    expect(await refusal).toMatchObject({
      status: 424,
      code: 'gate.upstream',
      sentence: expect.stringContaining(
        'demo 1.0 has a seal of the whole file, still being fetched; try again',
      ),
    })
    await from.push(bytes.subarray(90_000))
    await from.end()
    await settle()
    expect([await fetched(bench.gate, WHEEL), opened()]).toEqual(['allowed', 1])
  })

  it('costs nothing for a file that is too large, which is refused with why', async () => {
    const sizeBytes = (256 << 20) + 1
    offer(bench.upstream, WHEEL, { bundles: [sealOf(bytesOf(WHEEL))], listed: { sizeBytes } })
    expect(await refusalFor(bench.gate, WHEEL)).toMatchObject({
      status: 403,
      code: 'verify.signature',
      sentence: expect.stringContaining('it has more than 256 MiB'),
    })
    expect(opened()).toBe(0)
  })

  it('is not in the way of one that holds, be it for the wrong file', async () => {
    const bundles = [utf8(makeSeal().bundle), sealOf(bytesOf(NEWER))]
    offer(bench.upstream, WHEEL, { bundles })
    expect(await fetched(bench.gate, WHEEL)).toBe('allowed')
    const sizeBytes = (256 << 20) + 1
    offer(bench.upstream, NEWER, {
      bundles: [utf8(makeSeal({ of: NEWER }).bundle), sealOf(bytesOf(WHEEL))],
      listed: { sizeBytes },
    })
    await bench.pass(60_000)
    expect((await bench.gate.file(askedOf(NEWER))).kind).toBe('arriving')
  })

  it('is judged once for all who ask for the file, and forgotten by none of them', async () => {
    offer(bench.upstream, WHEEL, { bundles: [sealOf(bytesOf(WHEEL))] })
    let made = 0
    const keepVerdicts: typeof bench.store.keepVerdicts = (...all) => {
      made += 1
      return bench.store.keepVerdicts(...all)
    }
    const gate = bench.reopen({ store: { ...bench.store, keepVerdicts } })
    const all = await Promise.all(Array.from({ length: 5 }, () => fetched(gate, WHEEL)))
    expect([all, made]).toEqual([Array.from({ length: 5 }, () => 'allowed'), 1])
  })

  it('waits for no other upstream that lists the same file', async () => {
    const bundles = [sealOf(bytesOf(WHEEL))]
    const evil = fakeUpstream()
    evil.streams = pushed().stream
    const theirs = 'evil-1.0-py3-none-any.whl'
    offer(evil, theirs, { bytes: bytesOf(WHEEL), bundles })
    offer(bench.upstream, WHEEL, { bundles })
    const own = gateUpstream(evil, { name: 'evil', key: 'fedcba9876543210', names: ['evil'] })
    const rules = SEALED.replace('names = ["demo"]', 'names = ["demo", "evil"]')
    const policy = await policyOf(rules)
    const gate = bench.reopen({
      upstreams: [own, gateUpstream(bench.upstream)],
      policy: () => policy,
    })
    const waiting = gate.file({ ...askedOf(theirs), upstream: 'evil' })
    await expect.poll(() => evil.asked).toContain(`open ${theirs}`)
    let told = 'nothing'
    void fetched(gate, WHEEL).then((one) => (told = one))
    await expect.poll(() => told).toBe('allowed')
    await bench.pass(12_000)
    expect(await waiting).toMatchObject({ code: 'gate.upstream' })
    await gate.close()
  })

  it('is fetched for with few others, and not when the last who asked is told to come again', async () => {
    const names = Array.from({ length: 9 }, (_, at) => `demo-1.${at}-py3-none-any.whl`)
    for (const one of names) offer(bench.upstream, one, { bundles: [sealOf(bytesOf(one))] })
    const closing = Promise.withResolvers<void>()
    bench.upstream.streams = () =>
      (async function* stalled() {
        await closing.promise
        yield new Uint8Array(1)
      })()
    const told = Promise.all(names.map((one) => fetched(bench.gate, one)))
    await expect.poll(opened).toBe(4)
    await settle()
    expect(opened()).toBe(4)
    await bench.pass(12_000)
    expect(new Set(await told)).toEqual(new Set(['gate.upstream']))
    closing.resolve()
    await settle(200)
    expect(opened()).toBe(4)
  })

  it('of files beside the one that is asked for waits', async () => {
    const sdist = 'demo-1.0.tar.gz'
    offer(bench.upstream, WHEEL, { bundles: [sealOf(bytesOf(WHEEL))] })
    offer(bench.upstream, sdist, { bundles: [sealOf(bytesOf(sdist))] })
    expect([await fetched(bench.gate, WHEEL), opened()]).toEqual(['allowed', 1])
    expect([await fetched(bench.gate, sdist), opened()]).toEqual(['allowed', 2])
  })
})
