import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sha256Hex, utf8 } from '../../base/index.ts'
import { makeSeal, MALLORY, openBench, PROJECT, publish, served, WHEEL, type Bench } from './arrange.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench()
})
afterEach(() => bench.close())

const describeWheel = async (project = PROJECT) => {
  const file = await publish(bench, { project })
  return bench.seals.describe(project, file)
}

describe('garbage that was put before', () => {
  it('hides no seal: what is not looked at with the distribution is looked at afterwards', async () => {
    const name = `${WHEEL}.sigstore.json`
    const garbage = async (count: number) => {
      for (let at = 0; at < count; at += 1)
        await bench.put(name, `garbage ${at} of ${count}`, { by: MALLORY })
    }
    await garbage(20)
    const good = makeSeal().bundle
    await bench.put(name, good)
    await garbage(30)
    const first = await describeWheel()
    expect(first).toMatchObject({ outcome: 'refused', judgedAgainAt: expect.any(String) })
    bench.seals.start()
    await expect.poll(async () => (await describeWheel()).outcome).toBe('verified')
    expect(await served(bench, name)).toBe(good)
  })

  it('hides no seal that came before all of it, either', async () => {
    const name = `${WHEEL}.sigstore.json`
    const good = makeSeal().bundle
    await bench.put(name, good)
    for (let at = 0; at < 30; at += 1) await bench.put(name, `garbage ${at}`, { by: MALLORY })
    expect(await describeWheel()).toMatchObject({ outcome: 'verified' })
    expect(await served(bench, name)).toBe(good)
  })

  it('is not read where it is too large for a seal', async () => {
    await publish(bench)
    await bench.put(`${WHEEL}.sigstore.json`, 'x'.repeat((2 << 20) + 1))
    const { seals } = await describeWheel()
    expect(seals[0]?.report?.message).toContain('at most 2097152 are read')
  })

  it.each(['{'.repeat(5000), '{"mediaType":"x","mediaType":"y"}', '[]', '\u0000', ''])(
    'is refused, whatever it is',
    async (text) => {
      await bench.put(`${WHEEL}.sigstore.json`, text)
      expect(await describeWheel()).toMatchObject({ outcome: 'refused' })
    },
  )
})

describe('what was found of one seal', () => {
  const { sig, crt, bundle, attestation, entry } = makeSeal()
  const hex = (text: string) => sha256Hex(utf8(text))

  it('counts for no text that names the digests of both its halves', async () => {
    await publish(bench)
    await bench.put(`${WHEEL}.sigstore.json`, bundle)
    bench.entries = [entry]
    await bench.put(`${WHEEL}.sig`, sig)
    await bench.put(`${WHEEL}.crt`, crt)
    expect((await describeWheel()).seals).toMatchObject([
      { kind: 'bundle' },
      { kind: 'pair', outcome: 'verified' },
    ])
    const garbage = `${hex(sig)} ${hex(crt)}`
    await bench.put(`${WHEEL}.sigstore.json`, garbage, { by: MALLORY })
    await bench.put(`${WHEEL}.publish.attestation`, garbage, { by: MALLORY })
    expect(await served(bench, `${WHEEL}.sigstore.json`)).toBe(bundle)
    expect((await describeWheel()).seals).toMatchObject([
      { kind: 'bundle', outcome: 'verified' },
      { kind: 'attestation', outcome: 'refused' },
      { kind: 'pair', outcome: 'verified' },
    ])
  })

  it('counts for no seal of another kind with the same bytes', async () => {
    await publish(bench)
    await bench.put(`${WHEEL}.sigstore.json`, bundle)
    await bench.put(`${WHEEL}.publish.attestation`, attestation)
    await bench.put(`${WHEEL}.sigstore.json`, attestation, { by: MALLORY })
    await bench.put(`${WHEEL}.publish.attestation`, bundle, { by: MALLORY })
    expect(await served(bench, `${WHEEL}.sigstore.json`)).toBe(bundle)
    expect(await served(bench, `${WHEEL}.publish.attestation`)).toBe(attestation)
  })
})
