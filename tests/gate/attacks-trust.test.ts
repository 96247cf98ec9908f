/** Attacks 66 to 73 on logs, trust roots and what a gate keeps, each with the code that it meets. */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { sha256Hex } from '../../src/base/index.ts'
import {
  askedOf,
  bytesIn,
  DAY_MS,
  fetched,
  gateUpstream,
  NEWER,
  NOW,
  offer,
  openBench,
  policyOf,
  provenanceOf,
  refusalFor,
  SEALED,
  WHEEL,
  type Bench,
} from '../../src/gate/life/arrange.ts'
import { makeSeal } from '../../src/registry/seals/arrange.ts'
import { createFileCache } from '../../src/storage/folder/index.ts'
import { systemEntropy } from '../../src/host/index.ts'
import { logKey, newKey, trustRoot } from '../../src/verify/arrange.ts'
import { expectCovered } from '../support/covered.ts'

let bench: Bench
afterEach(() => bench.close())

const sealed = (of: string): Uint8Array => provenanceOf(makeSeal({ of }).attestation)

async function sealedGate(): Promise<Bench> {
  bench = await openBench({ rules: SEALED })
  for (const one of [WHEEL, NEWER]) offer(bench.upstream, one, { provenance: sealed(one) })
  return bench
}

describe('attacks on logs and trust roots', () => {
  it('66: a log that signs two trees of one size vouches for nothing in the second: gate.split-view', async () => {
    bench = await openBench({ rules: SEALED })
    const entry = { treeId: 66 }
    for (const of of [WHEEL, NEWER])
      offer(bench.upstream, of, { provenance: provenanceOf(makeSeal({ of, entry }).attestation) })
    expect(await fetched(bench.gate, WHEEL)).toBe('allowed')
    const { status, sentence } = await refusalFor(bench.gate, NEWER)
    expect([status, sentence]).toEqual([
      403,
      expect.stringMatching(
        /^refused \(gate\.split-view\): demo 2\.0 has a seal of the log \S+ - 66, which signed two trees of 3 entries; see /,
      ),
    ])
    // What was judged before stays, and the evidence with it.
    const again = bench.reopen()
    expect([await fetched(again, WHEEL), await fetched(again, NEWER)]).toEqual(['allowed', 'gate.split-view'])
    const { files } = await again.why('demo', '2.0')
    const note = /^signed checkpoint, seen on [-0-9]{10}: \S+ - 66 \| 3 \| \S{44} \| \\u\{2014\} \S+ \S{80,}$/
    expect(files[0]?.notes).toEqual([expect.stringMatching(note), expect.stringMatching(note)])
    expect(new Set(files[0]?.notes).size).toBe(2)
    expect((await again.status(0)).soon).toEqual([
      expect.stringMatching(
        /^the log \S+ - 66 signed two trees of 3 entries, with the roots [0-9a-f]{64} and [0-9a-f]{64}$/,
      ),
    ])
  })

  it('66: what a log did not sign, or signed for a seal that does not hold, is no evidence', async () => {
    bench = await openBench({ rules: SEALED })
    const entry = { treeId: 66 }
    const stranger = makeSeal({ of: NEWER, entry, content: 'another file' })
    offer(bench.upstream, NEWER, { provenance: provenanceOf(stranger.attestation) })
    offer(bench.upstream, WHEEL, { provenance: provenanceOf(makeSeal({ of: WHEEL, entry }).attestation) })
    expect(await fetched(bench.gate, NEWER)).toMatch(/^verify\./)
    expect(await fetched(bench.gate, WHEEL)).toBe('allowed')
    expect(await bench.store.listSplitViews(9)).toEqual([])
  })

  it('67: a log of the same name with another key vouches for nothing: verify.log', async () => {
    await sealedGate()
    const restarted = { ...trustRoot, logs: [logKey(newKey())] }
    const trust = () => ({ trustRoot: restarted, rootsSha256: 'restarted', untilMs: null })
    const gate = bench.reopen({ upstreams: [gateUpstream(bench.upstream, { trust })] })
    expect(await fetched(gate, WHEEL)).toMatch(/^verify\./)
    await expectCovered([['src/verify/attacks/evidence.test.ts', '10: another log key, origin or hint']])
  })

  it('68: a trust root that has ended judges nothing new: gate.trust; what it has judged stays', async () => {
    await sealedGate()
    expect(await fetched(bench.gate, WHEEL)).toBe('allowed')
    const trust = () => ({ trustRoot, rootsSha256: 'roots', untilMs: NOW })
    const gate = bench.reopen({ upstreams: [gateUpstream(bench.upstream, { trust })] })
    expect([await fetched(gate, WHEEL), await fetched(gate, NEWER)]).toEqual(['allowed', 'gate.trust'])
    expect((await refusalFor(gate, NEWER)).sentence).toMatch(/the trust root ended on \d{4}-\d\d-\d\d/)
    await expectCovered([
      ['src/net/tuf.test.ts', 'refuses a repository whose timestamp has run out'],
      ['src/net/tuf.test.ts', 'does not forget a new root that withdraws a key'],
      ['src/net/tuf.test.ts', 'refuses a repository that another root leads to'],
    ])
  })

  it('68: a clock that is not believed judges nothing new: gate.clock', async () => {
    await sealedGate()
    await fetched(bench.gate, WHEEL)
    const gate = bench.reopen({ clockFact: () => 'this clock is before the newest signed time' })
    expect([await fetched(gate, WHEEL), await fetched(gate, NEWER)]).toEqual(['allowed', 'gate.clock'])
  })

  it('68: a log whose clock is ahead stops its own files until then, and no others: gate.clock', async () => {
    await sealedGate()
    const signedSeconds = NOW / 1000 + 20 * 86_400
    const leaf = { notBeforeSeconds: signedSeconds - 60, notAfterSeconds: signedSeconds + 60 }
    const early = { of: WHEEL, leaf, entry: { integratedTimeSeconds: signedSeconds } }
    offer(bench.upstream, WHEEL, { provenance: provenanceOf(makeSeal(early).attestation) })
    const { code, sentence } = await refusalFor(bench.gate, WHEEL)
    expect([code, sentence]).toEqual([
      'gate.clock',
      expect.stringMatching(/demo 1\.0 was signed on [-0-9]{10}, by a clock ahead of this gate's; see /),
    ])
    expect(await fetched(bench.gate, NEWER)).toBe('allowed')
    await bench.pass(20 * DAY_MS)
    expect(await fetched(bench.gate, WHEEL)).toBe('allowed')
  })

  it('68: a clock that goes back before what it has seen signed judges nothing new: gate.clock', async () => {
    await sealedGate()
    expect(await fetched(bench.gate, WHEEL)).toBe('allowed')
    await bench.pass(-11 * DAY_MS)
    expect([await fetched(bench.gate, WHEEL), await fetched(bench.gate, NEWER)]).toEqual([
      'gate.clock',
      'gate.clock',
    ])
  })

  it('69: what is carried into a closed network is another thing by its digest, or is not there', async () => {
    await sealedGate()
    await fetched(bench.gate, WHEEL)
    // A policy and a trust root that were edited on the way: another digest in the status, and every verdict anew.
    const edited = await policyOf(`${SEALED}# edited`)
    const trust = () => ({ trustRoot: { ...trustRoot, logs: [] }, rootsSha256: 'edited', untilMs: null })
    const upstreams = [gateUpstream(bench.upstream, { trust })]
    const gate = bench.reopen({ policy: () => edited, upstreams })
    expect((await gate.status(0)).policy.sha256).not.toBe((await bench.gate.status(0)).policy.sha256)
    expect(await fetched(gate, WHEEL)).toMatch(/^verify\./)
    await expectCovered([
      ['tests/gate/attacks-trust.test.ts', '72: bytes that are swapped on the disk reach nobody'],
      ['tests/gate/attacks-versions.test.ts', '71: a policy that is changed is another policy'],
      ['src/server/backup/backup.test.ts', 'of a damaged blob is refused'],
      [
        'src/server/backup/backup.test.ts',
        'is its owner only, and holds no log and nothing of a running server',
      ],
    ])
  })

  it('70: provenance of a version that nobody knows yet: verify.bundle, and never none', async () => {
    await sealedGate()
    const future = JSON.parse(Buffer.from(sealed(WHEEL)).toString()) as object
    offer(bench.upstream, WHEEL, { provenance: Buffer.from(JSON.stringify({ ...future, version: 2 })) })
    expect(await fetched(bench.gate, WHEEL)).toBe('verify.bundle')
    await expectCovered([
      [
        'src/verify/attacks/evidence.test.ts',
        '70: a kind of entry or a version of bundle that is not known yet',
      ],
    ])
  })

  it('71: a policy that was edited', async () => {
    bench = await openBench()
    await expectCovered([
      ['tests/gate/attacks-versions.test.ts', '71: a policy that is changed is another policy'],
      ['src/gate/life/judging.test.ts', 'that is another one decides at once, for pages and files'],
    ])
  })
})

describe('attacks on what is kept', () => {
  it('72: bytes that are swapped on the disk reach nobody, and the file comes again', async () => {
    await sealedGate()
    const honest = offer(bench.upstream, WHEEL, { provenance: sealed(WHEEL) }).bytes
    expect(await fetched(bench.gate, WHEEL)).toBe('allowed')
    const sha256 = sha256Hex(honest)
    const path = join(bench.folder, sha256.slice(0, 2), sha256)
    await writeFile(path, Buffer.alloc(honest.length, 'evil'))
    const { clock, log } = bench.parts
    const again = { folder: bench.folder, maxBytes: 1 << 30, clock, log, entropy: systemEntropy }
    const gate = bench.reopen({ cache: await createFileCache(again) })
    expect(await bytesIn(await gate.file(askedOf(WHEEL)))).toEqual(Buffer.from(honest))
    expect([bench.logged.includes('blob.damaged'), await readFile(path)]).toEqual([true, Buffer.from(honest)])
    expect(bench.upstream.asked.filter((one) => one === `open ${WHEEL}`)).toHaveLength(2)
    await expectCovered([
      ['src/storage/folder/file-cache.test.ts', 'never hands on the last part of bytes that are others'],
      ['src/storage/folder/file-cache.test.ts', 'follows no link out of its folder'],
    ])
  })

  it('72: what is kept of one name is another one for another: its seal and its metadata are judged by that', async () => {
    bench = await openBench({ rules: SEALED })
    const { bytes } = offer(bench.upstream, WHEEL, { provenance: sealed(WHEEL) })
    await fetched(bench.gate, WHEEL)
    offer(bench.upstream, NEWER, { bytes, provenance: sealed(WHEEL) })
    await bench.pass(60_000)
    expect(await fetched(bench.gate, NEWER)).toBe('verify.attestation')
    expect(await readdir(join(bench.folder, 'tmp'))).toEqual([])
  })

  it('73: a verdict is that of its file, its name, its seal and its trust root, and of nothing else', async () => {
    await sealedGate()
    await fetched(bench.gate, WHEEL)
    const key = {
      fileSha256: sha256Hex(bench.upstream.offers.get(WHEEL)!.bytes),
      fileName: WHEEL,
      sealSha256: sha256Hex(bench.upstream.offers.get(WHEEL)!.provenance!),
      rootsSha256: 'roots',
      verifier: 1,
    }
    expect(await bench.store.findVerdicts(key)).toMatchObject([{ holds: true }])
    for (const other of [{ fileSha256: 'a' }, { fileName: NEWER }, { sealSha256: 'a' }, { rootsSha256: 'a' }])
      expect(await bench.store.findVerdicts({ ...key, ...other })).toBeUndefined()
    await expectCovered([
      [
        'src/gate/store-seals.contract.ts',
        'keeps a verdict under everything that it depends on, the last one',
      ],
      ['src/gate/life/judging.test.ts', 'are judged anew by another trust root'],
    ])
  })
})
