import { describe, expect, it } from 'vitest'
import { valueOf } from '../arrange.ts'
import { createReport, formatProblem } from '../report.ts'
import { readSources, textSources } from './sources.ts'

async function read(file: string, texts: Readonly<Record<string, string>>) {
  const report = createReport()
  const sources = textSources(new Map(Object.entries(texts)))
  const roots = await readSources(file, { sources, report })
  return { values: roots.map(valueOf), roots, problems: report.problems.map(formatProblem) }
}

describe('texts at hand', () => {
  it('are found by their paths, and nothing else is', async () => {
    const sources = textSources(new Map([['ci/a.yml', 'text']]))
    expect(await sources.read('ci/a.yml')).toEqual({ kind: 'text', text: 'text' })
    for (const path of ['a.yml', 'ci/../ci/a.yml', 'constructor', ''])
      expect(await sources.read(path)).toEqual({ kind: 'absent' })
  })
})

describe('reading the sources', () => {
  it('gives the map of the file, every place in it with the file’s name', async () => {
    const { values, roots } = await read('ci/a.yml', { 'ci/a.yml': 'job:\n  script: [a]\n' })
    expect(values).toEqual([{ job: { script: ['a'] } }])
    expect(roots[0]?.entries.get('job')?.keyAt).toEqual({ file: 'ci/a.yml', line: 1, column: 1 })
    expect(roots[0]?.entries.get('job')?.value.at).toEqual({ file: 'ci/a.yml', line: 2, column: 3 })
  })

  it.each([
    ['absent', {}, 'ci/a.yml:1:1: the file does not exist'],
    ['empty', { 'ci/a.yml': '' }, 'ci/a.yml:1:1: the file must be a map of jobs and keywords'],
    ['a list', { 'ci/a.yml': '# none\n- a\n' }, 'ci/a.yml:2:1: the file must be a map of jobs and keywords'],
    ['no YAML', { 'ci/a.yml': 'a: [\n' }, /^ci\/a\.yml:2:1: flow sequence/],
  ])('gives nothing and one problem when the file is %s', async (_, texts, message) => {
    const { values, problems } = await read('ci/a.yml', texts)
    expect(values).toEqual([])
    expect(problems).toEqual([typeof message === 'string' ? message : expect.stringMatching(message)])
  })
})
