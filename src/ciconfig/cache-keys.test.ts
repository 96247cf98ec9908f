import { expect, it } from 'vitest'
import { planPipeline } from './plan-pipeline.ts'
import { recordedSources, recordSources, textSources } from './sources/sources.ts'

const FILE = `a: { script: e, cache: { key: { files: [x.lock, y.lock], prefix: p }, paths: [c] } }
b: { script: e, cache: { key: { files: [absent] }, paths: [c] } }
`

async function keysOf(
  lock: string,
): Promise<{ readonly keys: readonly unknown[]; readonly again: readonly unknown[] }> {
  const kept = recordSources(
    textSources(
      new Map([
        ['ci.yml', FILE],
        ['x.lock', lock],
      ]),
    ),
  )
  const plan = async (sources: typeof kept.sources): Promise<readonly unknown[]> => {
    const variables = { predefined: [], project: [], pipeline: [] }
    const { jobs } = await planPipeline({ file: 'ci.yml', sources, variables, unexecuted: 'refuse' })
    return jobs.map(({ cache }) => cache[0]?.key)
  }
  const keys = await plan(kept.sources)
  return { keys, again: await plan(recordedSources(kept.record())) }
}

it('makes the key of a cache from what is in its files, and the same where only the answers are', async () => {
  const one = await keysOf('1')
  expect(one.keys).toMatchObject([
    { prefix: 'p', digest: expect.stringMatching(/^[0-9a-f]{40}$/) },
    { digest: null },
  ])
  expect(one.again).toEqual(one.keys)
  expect((await keysOf('1')).keys).toEqual(one.keys)
  expect((await keysOf('2')).keys).not.toEqual(one.keys)
})
