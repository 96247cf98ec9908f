import { describe, expect, it } from 'vitest'
import { START, stepOf, valueOf } from './arrange.ts'
import { mapNode, type Entry, type ReferenceNode } from './nodes.ts'
import { resolveReferences } from './references.ts'
import { createReport } from './report.ts'

const resolved = stepOf((root, report) => valueOf(resolveReferences(root, report)))

describe('!reference', () => {
  it('stands for a scalar, a list or a map of the pipeline', () => {
    const { result, problems } = resolved(
      [
        '.t: { image: python, script: [a, b], variables: { A: x } }',
        'job:',
        '  image: !reference [.t, image]',
        '  script: !reference [.t, script]',
        '  variables: !reference [.t, variables]',
        '  stage: !reference [.t, variables, A]',
      ].join('\n'),
    )
    expect(problems).toEqual([])
    expect(result).toMatchObject({
      job: { image: 'python', script: ['a', 'b'], variables: { A: 'x' }, stage: 'x' },
    })
  })

  it('among the items of a list is a list in the list', () => {
    const { result } = resolved('.t: { script: [a, b] }\njob: { script: [!reference [.t, script], c] }\n')
    expect(result).toMatchObject({ job: { script: [['a', 'b'], 'c'] } })
  })

  it('leads to what holds references itself, wherever it stands', () => {
    const { result, problems } = resolved(
      [
        'job: { script: !reference [.a, script] }',
        '.a: { script: [!reference [.b, script]] }',
        '.b: { script: [x, !reference [.c, script, text]] }',
        '.c: { script: { text: y } }',
      ].join('\n'),
    )
    expect(problems).toEqual([])
    expect(result).toMatchObject({ job: { script: [['x', 'y']] } })
  })

  it('may stand behind an anchor', () => {
    const { result } = resolved(
      '.t: { script: a }\n.x: &x !reference [.t, script]\njob: { script: [*x, *x] }\n',
    )
    expect(result).toMatchObject({ job: { script: ['a', 'a'] } })
  })

  it('takes y and n as the strings that GitLab takes them for', () => {
    expect(resolved('.t: { y: a }\njob: { script: !reference [.t, y] }').problems).toEqual([])
  })

  it.each([
    ['[.u, script]', '!reference [.u, script] could not be found; did you mean .t?'],
    ['[.t, scrpt]', '!reference [.t, scrpt] could not be found; did you mean script?'],
    ['[.t, script, x]', '!reference [.t, script, x] could not be found'],
    ['[.t, nothing]', '!reference [.t, nothing] could not be found: it is null'],
    ['[.t, no]', '!reference must be a list of strings: [job, keyword]'],
    ['[.t, off]', '!reference must be a list of strings: [job, keyword]'],
    ['[.t, disabled]', '!reference [.t, disabled] could not be found: it is false'],
    ['[.t, other, script]', '!reference [.t, other, script] could not be found'],
    ['[]', '!reference must be a list of strings: [job, keyword]'],
    ['[.t, 7]', '!reference must be a list of strings: [job, keyword]'],
    ['[.t, [script]]', '!reference must be a list of strings: [job, keyword]'],
    ['.t', '!reference must be a list of strings: [job, keyword]'],
    ['{ .t: script }', '!reference must be a list of strings: [job, keyword]'],
  ])('%s is refused where it stands', (reference, message) => {
    const template = '.t: { script: a, nothing: null, disabled: false, other: !reference [.t] }'
    const { problems } = resolved(
      `${template.replace('[.t]', '[.v]')}\n.v: { script: a }\njob:\n  stage: !reference ${reference}\n`,
    )
    expect(problems).toEqual([`.gitlab-ci.yml:4:21: ${message}`])
  })

  it('to itself is refused, once for each circle', () => {
    const { problems } = resolved(
      [
        '.a: { script: [!reference [.b, script]] }',
        '.b: { script: [!reference [.c, script]] }',
        '.c: { script: [!reference [.a, script]] }',
        'job: { script: !reference [job, script] }',
      ].join('\n'),
    )
    expect(problems).toEqual([
      '.gitlab-ci.yml:1:27: !reference [.b, script] is part of a circle',
      '.gitlab-ci.yml:4:27: !reference [job, script] is part of a circle',
    ])
  })
})

describe('references without end', () => {
  const chainOf = (names: readonly number[], value: (next: number) => string): string =>
    [
      ...names.map((index) => `.v${index}: ${value(index - 1)}`),
      '.v0: x',
      'job: { script: !reference [.v1] }',
    ].join('\n')
  const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1)

  it.each([
    ['a chain, the first first', chainOf(upTo(5_000), (next) => `!reference [.v${next}]`)],
    ['lists in lists, the innermost first', chainOf(upTo(5_000), (next) => `[!reference [.v${next}]]`)],
    [
      'lists in lists, the outermost first',
      chainOf(upTo(5_000).toReversed(), (next) => `[!reference [.v${next}]]`),
    ],
  ])('end: %s', (_, text) => {
    const { problems } = stepOf(resolveReferences)(text)
    expect(problems.filter((line) => !line.endsWith('is nested deeper than 100 levels'))).toEqual([])
  })

  it.each([
    ['in lists', chainOf(upTo(200), (next) => `[!reference [.v${next}]]`)],
    ['through one another', chainOf(upTo(200).toReversed(), (next) => `!reference [.v${next}]`)],
  ])('are refused when they are nested deeper than 100 levels %s', (_, text) => {
    expect(stepOf(resolveReferences)(text).problems).not.toEqual([])
  })

  it('are refused when they double with every line', () => {
    const lines = upTo(40).map(
      (index) => `.v${index}: [!reference [.v${index - 1}], !reference [.v${index - 1}]]`,
    )
    const { problems } = stepOf(resolveReferences)(['.v0: x', ...lines].join('\n'))
    expect(problems).toEqual([
      '.gitlab-ci.yml:1:1: more than 2000000 values, extended and referred to ones counted',
    ])
  })

  it('are refused before they are read when many name one large list', () => {
    const list = Array.from({ length: 19_000 }, () => 'x').join(',')
    const references = Array.from({ length: 5_000 }, () => '!reference [.t]').join(',')
    const { problems } = stepOf(resolveReferences)(`.t: [${list}]\n.job: [${references}]`)
    expect(problems).toContainEqual(
      expect.stringMatching(
        /^\.gitlab-ci\.yml:2:\d+: !reference \[\.t\] names, with those before it, more than 2000000/,
      ),
    )
    expect(problems.filter((line) => line.includes(':2:'))).toHaveLength(1)
  })

  it('cost no stack: fifty thousand, each through the next', () => {
    const chain = Array.from({ length: 50_000 }, (_, index): [string, Entry<ReferenceNode>] => [
      `.v${index}`,
      { keyAt: START, value: { kind: 'reference', at: START, keys: [`.v${index + 1}`], size: 2, height: 1 } },
    ])
    const report = createReport()
    resolveReferences(mapNode(START, new Map(chain)), report)
    expect(report.problems.map(({ message }) => message)).toEqual([
      '!reference [.v101] is nested deeper than 100 levels',
    ])
  })

  it('show the beginning of what they name', () => {
    const { problems } = stepOf(resolveReferences)(`job: !reference [${'x,'.repeat(10_000)}]`)
    expect(problems).toEqual([
      expect.stringMatching(/^\.gitlab-ci\.yml:1:17: !reference \[(?:x, ){85}\] could not be/),
    ])
  })

  it('that name nothing are found in a moment, ten thousand of them', () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `!reference [x${index}]`).join(',')
    expect(stepOf(resolveReferences)(`job: [${names}]`).problems).toHaveLength(100)
  })
})
