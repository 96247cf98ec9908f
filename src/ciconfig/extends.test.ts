import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evenMap, mapOf, START, stepOf, valueOf } from './arrange.ts'
import { resolveExtends } from './extends.ts'
import { mergeFiles } from './merge.ts'
import { createReport } from './report.ts'

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index)
const extended = stepOf((root, report) => valueOf(resolveExtends(root, report)))

describe('extends', () => {
  it('merges the template under the job and leaves the template', () => {
    const { result, problems } = extended(
      '.t: { script: [a], variables: { A: 1, B: 1 } }\njob: { extends: .t, variables: { B: 2 } }\n',
    )
    expect(problems).toEqual([])
    expect(result).toEqual({
      '.t': { script: ['a'], variables: { A: 1n, B: 1n } },
      job: { script: ['a'], variables: { A: 1n, B: 2n } },
    })
  })

  it('of several templates is their merge in the order of the list, the job last', () => {
    fc.assert(
      fc.property(fc.array(evenMap, { minLength: 1, maxLength: 4 }), evenMap, (templates, own) => {
        const names = templates.map((_, index) => `.t${index}`)
        const root = {
          ...Object.fromEntries(templates.map((template, index) => [`.t${index}`, template])),
          job: { ...own, extends: names },
        }
        const job = resolveExtends(mapOf(root), createReport()).entries.get('job')?.value
        const wanted = mergeFiles([...templates, own].map(mapOf), START)
        expect(job === undefined ? undefined : valueOf(job)).toEqual(valueOf(wanted))
      }),
    )
  })

  it('through a chain is the same as of all of them at once', () => {
    fc.assert(
      fc.property(evenMap, evenMap, evenMap, (a, b, own) => {
        const chain = { '.a': a, '.b': { ...b, extends: '.a' }, job: { ...own, extends: '.b' } }
        const list = { '.a': a, '.b': b, job: { ...own, extends: ['.a', '.b'] } }
        const jobOf = (root: typeof chain | typeof list): unknown => {
          const job = resolveExtends(mapOf(root), createReport()).entries.get('job')?.value
          return job === undefined ? undefined : valueOf(job)
        }
        expect(jobOf(chain)).toEqual(jobOf(list))
      }),
    )
  })

  it.each([
    ['a number', '7', 'job: extends must be a name or a list of names'],
    ['a map', '{ a: b }', 'job: extends must be a name or a list of names'],
    ['a list with a number', '[.t, 7]', 'job: extends must be a name or a list of names'],
    ['what does not exist', '.tt', 'job: extends .tt, which does not exist; did you mean .t?'],
    ['what is no map', 'stages', 'job: extends stages, which does not exist; did you mean stages?'],
    ['itself', 'job', 'job: extends job in a circle: job → job'],
  ])('of %s is refused where it stands', (_, value, message) => {
    const { problems } = extended(`.t: { script: a }\nstages: [a]\njob: { extends: ${value} }\n`)
    expect(problems).toEqual([`.gitlab-ci.yml:3:17: ${message}`])
  })

  it('of nothing is as if it were absent', () => {
    expect(extended('job: { extends: null, script: a }')).toEqual({
      result: { job: { script: 'a' } },
      problems: [],
    })
  })

  it.each([
    [11, 0],
    [12, 1],
  ])('through %i levels gives %i problems', (levels, count) => {
    const chain = Array.from({ length: levels - 1 }, (_, index) => `.t${index}: { extends: .t${index + 1} }`)
    const text = ['job: { extends: .t0 }', ...chain, `.t${levels - 1}: { script: a }`].join('\n')
    expect(extended(text).problems).toHaveLength(count)
  })

  it('of one large template from many jobs ends, with one problem', () => {
    const template = { variables: Object.fromEntries(range(20_000).map((index) => [`V${index}`, 'x'])) }
    const jobs = Object.fromEntries(range(900).map((index) => [`job${index}`, { extends: ['.t', '.t'] }]))
    const report = createReport()
    resolveExtends(mapOf({ '.t': template, ...jobs }), report)
    expect(report.problems.map(({ message }) => message)).toEqual([
      'extends merges more than 1000000 values in this pipeline',
    ])
  })

  it('of twenty thousand names that do not exist ends', () => {
    const report = createReport()
    resolveExtends(mapOf({ job: { extends: range(20_000).map((index) => `.x${index}`) } }), report)
    // All stand at one place here, where one problem is kept.
    expect(report.problems).toHaveLength(1)
  })
})
