import { beforeEach, expect, it } from 'vitest'
import { makeSeal, OTHER } from '../../registry/seals/arrange.ts'
import { fetched, NEWER, offer, openBench, provenanceOf, settle, WHEEL, type Bench } from './arrange.ts'

const LEARNING = 'version = 1\n[unlisted]\nlearn = true\nunsigned = "never-sealed"\n'

let bench: Bench
beforeEach(async () => {
  bench = await openBench({ rules: LEARNING })
  offer(bench.upstream, WHEEL, { provenance: provenanceOf(makeSeal({ project: OTHER }).attestation) })
  await fetched(bench.gate, WHEEL)
  return () => bench.close()
})

const approved = async (repository: string): Promise<string> =>
  (await bench.gate.approve('demo', { repository, by: 'ann', why: 'moved' })).repository

it.each(['app-evil', 'evil', 'acme/app'])(
  'approves nobody whose repository only ends like the one that is named: %s',
  async (repository) => {
    await expect(approved(repository)).rejects.toMatchObject({ code: 'gate.approve' })
  },
)

it('says who signed where it is not who is named, and what to do where no one has', async () => {
  await expect(approved('acme/app')).rejects.toThrow(/^demo was not signed by acme\/app; signed by: \S+$/)
  offer(bench.upstream, 'other-1.0-py3-none-any.whl')
  await bench.gate.page('other')
  const none = bench.gate.approve('other', { repository: 'acme/app', by: 'ann', why: 'moved' })
  await expect(none).rejects.toMatchObject({
    message: 'no seal of other that the gate has judged holds',
    hint: expect.stringContaining('a rule or an exemption'),
  })
})

it('forgets who signs a name that no upstream takes any more', async () => {
  await approved('acme/app-evil')
  const [upstream] = bench.parts.upstreams
  if (upstream === undefined) throw new Error('there is no upstream')
  const gate = bench.reopen({ upstreams: [{ ...upstream, names: ['acme'] }] })
  await gate.forget('demo', { by: 'ann', why: 'gone' })
  expect((await gate.status(0)).pins).toEqual([])
})

it('approves the repository that is named, with its host or without', async () => {
  const shown = await approved('acme/app-evil')
  expect(shown).toMatch(/^[^/]+\/acme\/app-evil$/)
  expect(await approved(shown)).toBe(shown)
})

it('learns from what was judged for a page without asking for it again', async () => {
  offer(bench.upstream, NEWER, { provenance: provenanceOf(makeSeal({ project: OTHER }).attestation) })
  await bench.gate.refresh('demo')
  await bench.gate.page('demo')
  await settle()
  expect(bench.upstream.asked.filter((one) => one === `seals ${NEWER}`)).toHaveLength(1)
})
