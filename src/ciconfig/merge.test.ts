import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evenMap, mapOf, parsed, START, valueOf, type Values } from './arrange.ts'
import { deepMerge, mergeFiles } from './merge.ts'
import { readPipeline } from './read/pipeline.ts'
import { resolveReferences } from './references.ts'
import { createReport, formatProblem } from './report.ts'

const merged = (...files: readonly Values[]): unknown => valueOf(mergeFiles(files.map(mapOf), START))

describe('the merge of files', () => {
  it('keeps what only one has, merges maps and replaces lists and scalars by the last', () => {
    const result = merged(
      { job: { script: ['a', 'b'], variables: { A: '1', B: '1' } }, base: { stage: 'x' } },
      { job: { script: ['c'], variables: { B: '2' } } },
      { own: 'y', job: { variables: { C: '3' } } },
    )
    expect(result).toEqual({
      job: { script: ['c'], variables: { A: '1', B: '2', C: '3' } },
      base: { stage: 'x' },
      own: 'y',
    })
  })

  it('puts a map in the place of a scalar, and a scalar in the place of a map', () => {
    expect(merged({ a: 'x', b: { c: 'x' } }, { a: { c: 'y' }, b: 'y' })).toEqual({ a: { c: 'y' }, b: 'y' })
  })

  it('goes from the first file to the last: a scalar between two maps ends the first', () => {
    expect(merged({ a: { x: '1' } }, { a: 'no map' }, { a: { y: '2' } })).toEqual({ a: { y: '2' } })
  })

  it('keeps the order in which the names came first', () => {
    const names = mergeFiles([mapOf({ b: '1', a: '1' }), mapOf({ c: '2', b: '2' })], START).entries.keys()
    expect([...names]).toEqual(['b', 'a', 'c'])
  })

  it('of no files is an empty map', () => {
    expect(merged()).toEqual({})
  })

  it('is associative where the kinds agree', () => {
    fc.assert(
      fc.property(evenMap, evenMap, evenMap, (a, b, c) => {
        const [left, right] = [
          deepMerge(deepMerge(mapOf(a), mapOf(b)), mapOf(c)),
          deepMerge(mapOf(a), deepMerge(mapOf(b), mapOf(c))),
        ]
        expect(valueOf(left)).toEqual(valueOf(right))
      }),
    )
  })

  it('with itself or with nothing changes nothing', () => {
    fc.assert(
      fc.property(evenMap, (a) => {
        expect(merged(a, a)).toEqual(merged(a))
        expect(merged({}, a, {})).toEqual(merged(a))
      }),
    )
  })

  it('has every scalar of the last file', () => {
    fc.assert(
      fc.property(evenMap, evenMap, (a, b) => {
        expect(merged(a, b)).toMatchObject(merged(b) as object)
      }),
    )
  })
})

describe('two files merged', () => {
  const files: readonly (readonly [string, string])[] = [
    ['templates/base.yml', 'job:\n  script: 7\n  stage: tset\n'],
    ['.gitlab-ci.yml', 'job:\n  variables:\n    A: []\nlater: { skript: echo }\n'],
  ]

  it('are reported each in its own file, line and column', () => {
    const report = createReport()
    const roots = files.map(([file, text]) => parsed(file, text, report))
    readPipeline(resolveReferences(mergeFiles(roots, START), report), report)
    expect(report.problems.map(formatProblem).toSorted()).toEqual([
      '.gitlab-ci.yml:3:8: job "job": variables:A must be a string, not a list',
      '.gitlab-ci.yml:4:10: job "later": skript is not a keyword; did you mean script?',
      '.gitlab-ci.yml:4:1: job "later": script is missing',
      expect.stringMatching(/^templates\/base\.yml:2:11: job "job": script must be .* not the number 7$/),
      expect.stringMatching(/^templates\/base\.yml:3:10: job "job": stage tset is not one of .*mean test\?$/),
    ])
  })
})
