import { expect, it } from 'vitest'
import { utf8 } from '../base/index.ts'
import type { SealVerdict } from './facts.ts'
import type { GateStore, SealVerdictKey, StoredSeal } from './store.ts'

function seal(sha256: string, changes: Partial<StoredSeal> = {}): StoredSeal {
  return {
    upstream: 'u1',
    fileSha256: 'f1',
    sha256,
    kind: 'provenance',
    source: 'https://index.example/a.provenance',
    bytes: utf8(`{"of":"${sha256}"}`),
    seenAtMs: 1_700_000_000_000,
    ...changes,
  }
}

const KEY: SealVerdictKey = {
  fileSha256: 'f1',
  fileName: 'demo-1.0.tar.gz',
  sealSha256: 's1',
  rootsSha256: 'r1',
  verifier: 1,
}

const HOLDS: SealVerdict = {
  holds: true,
  identity: {
    san: 'https://gitlab.example/acme/demo//.gitlab-ci.yml@refs/tags/v1',
    sanKind: 'uri',
    issuer: 'https://gitlab.example',
    extensions: { sourceRepositoryIdentifier: '7', sourceRepositoryRef: 'refs/tags/v1' },
  },
  has: { bundle: true, timestamp: false, attestation: true },
  signedAtMs: 1_700_000_000_000,
  logIndex: 5_000_000_000,
}

const FAILS: SealVerdict = {
  holds: false,
  code: 'verify.signature',
  fact: 'the signature is that of other bytes',
}

/** Part of `describeGateStore`. */
export function describeGateSeals(store: () => GateStore): void {
  it('keeps every seal of a file in the order of arrival, each once', async () => {
    const pair = seal('s0', { kind: 'pair', source: 'registry acme', bytes: new Uint8Array([0, 255, 10]) })
    for (const one of [seal('s2'), pair, seal('s1', { fileSha256: 'f2' })]) await store().addSeal(one)
    await store().addSeal(seal('s2', { kind: 'bundle', bytes: utf8('other'), seenAtMs: 9 }))
    expect(await store().sealsOf('u1', 'f1')).toEqual([seal('s2'), pair])
    expect(await store().sealsOf('u1', 'f2')).toEqual([seal('s1', { fileSha256: 'f2' })])
    expect(await store().sealsOf('u1', 'f3')).toEqual([])
    const theirs = seal('s2', { upstream: 'u2', kind: 'bundle' })
    await store().addSeal(theirs)
    expect(await store().sealsOf('u2', 'f1')).toEqual([theirs])
    expect(await store().sealsOf('u1', 'f1')).toEqual([seal('s2'), pair])
  })

  it.each([HOLDS, FAILS])('gives back a verdict that is %j', async (verdict) => {
    await store().keepVerdicts(KEY, [verdict])
    expect(await store().findVerdicts(KEY)).toEqual([verdict])
  })

  it('keeps a verdict under everything that it depends on, the last one', async () => {
    await store().keepVerdicts(KEY, [HOLDS])
    for (const member of Object.keys(KEY))
      expect(
        await store().findVerdicts({ ...KEY, [member]: member === 'verifier' ? 2 : 'x' }),
      ).toBeUndefined()
    await store().keepVerdicts({ ...KEY, verifier: 2 }, [FAILS])
    await store().keepVerdicts(KEY, [FAILS])
    await store().keepVerdicts(KEY, [HOLDS])
    expect(await store().findVerdicts(KEY)).toEqual([HOLDS])
    expect(await store().findVerdicts({ ...KEY, verifier: 2 })).toEqual([FAILS])
  })

  it('knows when the seals of a file were looked for at an upstream, and the last outcome', async () => {
    await store().keepSealSearch('f1', 'u1', 'none', 100)
    await store().keepSealSearch('f1', 'u1', 'some', 200)
    await store().keepSealSearch('f2', 'u1', 'none', 300)
    await store().keepSealSearch('f3', 'u2', 'none', 400)
    const found = await store().findSealSearches('u1', ['f1', 'f2', 'f3', 'f4'])
    expect(Object.fromEntries(found)).toEqual({
      f1: { found: 'some', atMs: 200 },
      f2: { found: 'none', atMs: 300 },
    })
    expect((await store().findSealSearches('u1', [])).size).toBe(0)
  })

  it('finds the searches of more files than one statement takes', async () => {
    const files = Array.from({ length: 40_000 }, (_, at) => `f${at}`)
    await store().keepSealSearch('f0', 'u1', 'none', 100)
    await store().keepSealSearch('f39999', 'u1', 'some', 200)
    expect([...(await store().findSealSearches('u1', files)).keys()]).toEqual(['f0', 'f39999'])
  })

  it('keeps the metadata of a wheel, the first that was proved', async () => {
    expect(await store().findMetadata('f1')).toBeUndefined()
    await store().keepMetadata('f1', utf8('Name: demo'))
    await store().keepMetadata('f1', utf8('Name: other'))
    await store().keepMetadata('f2', new Uint8Array())
    expect(await store().findMetadata('f1')).toEqual(utf8('Name: demo'))
    expect(await store().findMetadata('f2')).toEqual(new Uint8Array())
  })
}
