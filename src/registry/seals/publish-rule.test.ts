import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  CONTENT,
  listedFiles,
  makeSeal,
  openBench,
  OTHER,
  PROJECT,
  publish,
  WHEEL,
  type Bench,
} from './arrange.ts'

const IDENTITY = { kind: 'project-identity' } as const
const SDIST = 'demo-1.0.tar.gz'
const BUILD = 'demo-1.0-2-py3-none-any.whl'

let bench: Bench
beforeEach(async () => {
  bench = await openBench()
})
afterEach(() => bench.close())

const policy = (ref: string) => ({
  kind: 'policy' as const,
  policy: `version = 1
[[rules]]
names = ["demo"]
[[rules.any_of]]
issuer = "https://gitlab.example"
project = "acme/app"
refs = ["${ref}"]
`,
})

async function setRule(rule: Parameters<Bench['seals']['setRule']>[1], on = bench): Promise<void> {
  await on.seals.setRule(PROJECT, rule)
  await on.seals.idle()
}

const seal = (fileName: string, ref = 'refs/heads/main', content = CONTENT) =>
  bench.put(`${fileName}.sigstore.json`, makeSeal({ ref, content, of: fileName }).bundle)

describe('a publish rule', () => {
  it('is off until it is set', async () => {
    await publish(bench)
    expect(await bench.seals.rule(PROJECT)).toEqual({ rule: undefined, next: undefined, phase: 'in force' })
    expect(await listedFiles(bench)).toEqual([WHEEL])
  })

  it('keeps a distribution off the list until its seal is there', async () => {
    await setRule(IDENTITY)
    expect(await publish(bench)).toMatchObject({ isListed: false })
    await bench.put(`${WHEEL}.sigstore.json`, makeSeal({ project: OTHER }).bundle)
    expect(await listedFiles(bench)).toEqual([])
    await seal(WHEEL)
    expect(await listedFiles(bench)).toEqual([WHEEL])
  })

  it('lists a distribution at once whose seal was there before', async () => {
    await setRule(IDENTITY)
    await seal(WHEEL)
    expect(await publish(bench)).toMatchObject({ isListed: true })
  })

  it('judges what is there already: what it refuses leaves the list, and comes back when it is off', async () => {
    for (const fileName of [WHEEL, SDIST, BUILD]) await publish(bench, { fileName })
    await seal(WHEEL)
    await setRule(IDENTITY)
    expect(await listedFiles(bench)).toEqual([WHEEL])
    await setRule(undefined)
    expect(await listedFiles(bench)).toEqual([WHEEL, SDIST, BUILD])
  })

  it('is another one with another policy: signers are judged anew', async () => {
    for (const fileName of [WHEEL, SDIST]) await publish(bench, { fileName })
    await seal(WHEEL, 'refs/heads/main')
    await seal(SDIST, 'refs/tags/v1')
    await setRule(policy('refs/tags/*'))
    expect(await listedFiles(bench)).toEqual([SDIST])
    await setRule(policy('refs/heads/main'))
    expect(await listedFiles(bench)).toEqual([WHEEL])
    await setRule(IDENTITY)
    expect(await listedFiles(bench)).toEqual([WHEEL, SDIST])
  })

  it('serves the side file that it lets, not the newest', async () => {
    await publish(bench)
    await seal(WHEEL, 'refs/tags/v1')
    await seal(WHEEL, 'refs/heads/main')
    await setRule(policy('refs/tags/*'))
    const file = await publish(bench)
    const { seals } = await bench.seals.describe(PROJECT, file)
    expect(seals[0]?.report?.signer?.identity).toContain('@refs/tags/v1')
  })

  it.each(['', '  ', 'version = 2', 'nonsense', 'version = 1\nunknown = 1'])(
    'that is none is refused: %o',
    async (text) => {
      await publish(bench)
      await expect(setRule({ kind: 'policy', policy: text })).rejects.toMatchObject({
        code: expect.stringMatching(/^(?:registry\.rule|verify\.policy-file)$/),
      })
      expect(await bench.seals.rule(PROJECT)).toMatchObject({ rule: undefined, phase: 'in force' })
      expect(await listedFiles(bench)).toEqual([WHEEL])
    },
  )

  it('is that of one project, and of no other', async () => {
    await setRule(IDENTITY)
    await publish(bench, { project: OTHER })
    expect(await listedFiles(bench, OTHER)).toEqual([WHEEL])
  })

  it('raises the revision that the tag of a page is made of', async () => {
    await publish(bench)
    const before = await bench.registry.pypi.revision(PROJECT)
    await setRule(IDENTITY)
    const unlisted = await bench.registry.pypi.revision(PROJECT)
    await seal(WHEEL)
    const listed = await bench.registry.pypi.revision(PROJECT)
    expect([unlisted > before, listed > unlisted]).toEqual([true, true])
  })

  it('lists nothing of which the log does not say', async () => {
    bench.entries = undefined
    const { sig, crt, entry } = makeSeal()
    await setRule(IDENTITY)
    await bench.put(`${WHEEL}.sig`, sig)
    await bench.put(`${WHEEL}.crt`, crt)
    await publish(bench)
    expect(await listedFiles(bench)).toEqual([])
    bench.entries = [entry]
    await bench.put(`${WHEEL}.crt`, crt)
    expect(await listedFiles(bench)).toEqual([WHEEL])
  })
})
