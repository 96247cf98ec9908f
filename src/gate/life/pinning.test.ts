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
