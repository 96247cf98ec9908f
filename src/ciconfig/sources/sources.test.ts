import { describe, expect, it } from 'vitest'
import { pushSurroundings, valueOf } from '../arrange.ts'
import { createReport, formatProblem } from '../report.ts'
import { readSources } from './include.ts'
import { parsedEachTime } from './parsed-texts.ts'
import { recordedSources, recordSources, textSources, type Address, type Sources } from './sources.ts'

async function read(file: string, texts: Readonly<Record<string, string>>) {
  const report = createReport()
  const sources = textSources(new Map(Object.entries(texts)))
  const surroundings = pushSurroundings(report)
  const root = await readSources(file, { sources, surroundings, parsed: parsedEachTime })
  return { value: valueOf(root), root, problems: report.problems.map(formatProblem) }
}

const local = (path: string): Address => ({ kind: 'file', repository: null, path })

describe('texts at hand', () => {
  it('are found by their paths, and nothing else is', async () => {
    const sources = textSources(new Map([['ci/a.yml', 'text']]))
    expect(await sources.read(local('ci/a.yml'))).toEqual({ kind: 'text', text: 'text' })
    for (const path of ['a.yml', 'ci/../ci/a.yml', 'constructor', ''])
      expect(await sources.read(local(path))).toEqual({ kind: 'absent' })
    const elsewhere = { project: 'a/b', ref: 'HEAD' }
    expect(await sources.read({ ...local('ci/a.yml'), repository: elsewhere } as Address)).toEqual({
      kind: 'absent',
    })
  })
})

describe('a record of the sources', () => {
  const sources: Sources = {
    ...textSources(new Map([['a.yml', 'text']])),
    changes: async (compareTo) =>
      compareTo === undefined ? { kind: 'paths', paths: ['x'] } : { kind: 'no-ref' },
  }

  it('answers what was asked with what was answered, and knows nothing else', async () => {
    const kept = recordSources(sources)
    const [a, paths, changes, since] = [
      await kept.sources.read(local('a.yml')),
      await kept.sources.paths(null),
      await kept.sources.changes(undefined),
      await kept.sources.changes('v1'),
    ]
    const again = recordedSources(JSON.parse(JSON.stringify(kept.record())))
    expect([await again.read(local('a.yml')), await again.paths(null)]).toEqual([a, paths])
    expect([await again.changes(undefined), await again.changes('v1')]).toEqual([changes, since])
    expect(await again.read(local('b.yml'))).toMatchObject({
      kind: 'absent',
      reason: expect.stringContaining('handed in'),
    })
    expect(await again.paths({ project: 'a/b', ref: 'HEAD' })).toMatchObject({ kind: 'absent' })
  })

  it('knows an address by its parts, in whatever order they come', async () => {
    const repository = { project: 'a/b', ref: 'v1' }
    const address: Address = { kind: 'file', repository, path: 'x.yml' }
    const turned: Address = { path: 'x.yml', repository: { ref: 'v1', project: 'a/b' }, kind: 'file' }
    const record = {
      texts: [{ address, answer: { kind: 'text', text: 't' } as const }],
      paths: [],
      changes: [],
    }
    expect(await recordedSources(record).read(turned)).toEqual({ kind: 'text', text: 't' })
  })
})

describe('reading the sources', () => {
  it('gives the map of the file, every place in it with the file’s name', async () => {
    const { value, root } = await read('ci/a.yml', { 'ci/a.yml': 'job:\n  script: [a]\n' })
    expect(value).toEqual({ job: { script: ['a'] } })
    expect(root.entries.get('job')?.keyAt).toEqual({ file: 'ci/a.yml', line: 1, column: 1 })
    expect(root.entries.get('job')?.value.at).toEqual({ file: 'ci/a.yml', line: 2, column: 3 })
  })

  it.each([
    ['absent', {}, 'ci/a.yml:1:1: the file does not exist'],
    ['empty', { 'ci/a.yml': '' }, 'ci/a.yml:1:1: the file must be a map of jobs and keywords'],
    ['a list', { 'ci/a.yml': '# none\n- a\n' }, 'ci/a.yml:2:1: the file must be a map of jobs and keywords'],
    ['no YAML', { 'ci/a.yml': 'a: [\n' }, /^ci\/a\.yml:2:1: flow sequence/],
  ])('gives nothing and one problem when the file is %s', async (_, texts, message) => {
    const { value, problems } = await read('ci/a.yml', texts)
    expect(value).toEqual({})
    expect(problems).toEqual([typeof message === 'string' ? message : expect.stringMatching(message)])
  })
})
