import { describe, expect, it } from 'vitest'
import { examinePipeline, textSources, createParsedTexts } from '../index.ts'

const FILES = new Map([
  [
    '.gitlab-ci.yml',
    'include:\n  - local: a.yml\n    inputs: {n: 7}\n  - local: b.yml\ntest:\n  script: [$CI_COMMIT_TAG]\n  rules: [{if: $CI_COMMIT_TAG}]\ntwice: 1\ntwice: 2\n',
  ],
  ['a.yml', 'spec:\n  inputs:\n    n: {type: number}\n---\njob-$[[ inputs.n ]]:\n  script: [x]\n'],
  ['b.yml', 'wrong: [\n'],
])

function variablesOf(tag: string | undefined) {
  const ref = { CI_COMMIT_REF_NAME: tag ?? 'main', CI_PIPELINE_SOURCE: 'push' }
  const values = tag === undefined ? ref : { ...ref, CI_COMMIT_TAG: tag }
  const predefined = Object.entries(values).map(([key, value]) => ({ key, value }))
  return { predefined, project: [], pipeline: [] }
}

describe('texts that are parsed once', () => {
  it('make the same plans with the same complaints, each time', async () => {
    const parsed = createParsedTexts()
    const sources = textSources(FILES)
    for (const tag of [undefined, 'v1', undefined]) {
      const request = { file: '.gitlab-ci.yml', sources, variables: variablesOf(tag) }
      const alone = await examinePipeline(request)
      expect(await examinePipeline({ ...request, parsed })).toEqual(alone)
      expect(alone.problems.map(({ file }) => file)).toContain('b.yml')
      expect(alone.plan.warnings.map(({ code }) => code)).toContain('ciconfig.duplicate-key')
      expect(alone.plan.jobs.map(({ name }) => name).includes('test')).toBe(tag !== undefined)
    }
  })

  it('are parsed once for one text, and anew for another text or other inputs', () => {
    const parsed = createParsedTexts()
    const asked: string[] = []
    const report = {
      problems: [],
      warnings: [],
      notes: [],
      note: () => {},
      problem: () => {},
      warning: () => {},
    }
    const ask = (key: string): unknown => parsed({ key, report, parse: () => void asked.push(key) })
    for (const key of ['a', 'b', 'a']) ask(key)
    expect(asked).toEqual(['a', 'b'])
  })
})
