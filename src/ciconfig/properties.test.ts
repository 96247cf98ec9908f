import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { outcome, planFiles } from './arrange-files.ts'
import { holds, readCondition } from './expression/condition.ts'

const RUNS = { numRuns: 400 }

const words = fc.constantFrom(
  ...[
    'a',
    'b',
    '.t',
    'job',
    'stage',
    'test',
    'script',
    'extends',
    'rules',
    'if',
    'when',
    'never',
    'manual',
    'needs',
  ],
  ...[
    'parallel',
    'matrix',
    'variables',
    'include',
    'local',
    'inputs',
    'spec',
    'default',
    'workflow',
    'only',
    'tags',
  ],
  ...[
    '$A',
    '$CI',
    '"',
    "'",
    '{',
    '}',
    '[',
    ']',
    ',',
    ': ',
    '- ',
    '\n',
    '\n  ',
    '\n    ',
    '&x ',
    '*x',
    '<<: ',
  ],
  ...[
    '!reference ',
    '---\n',
    '$[[ inputs.a ]]',
    '$[[ inputs.a | truncate(0,1) ]]',
    '~',
    'true',
    '3',
    '#',
    '|',
    '\t',
    '\u0000',
  ],
)
const soup = fc.array(words, { maxLength: 40 }).map((parts) => parts.join(''))

const name = fc.constantFrom('a', 'b', 'c', '.t', '.u')
const job = fc.record(
  {
    script: fc.constantFrom('e', ['e'], []),
    stage: fc.constantFrom('build', 'test', 'deploy', 'nope'),
    extends: fc.oneof(name, fc.array(name, { maxLength: 3 })),
    needs: fc.array(fc.oneof(name, fc.record({ job: name, optional: fc.boolean() })), { maxLength: 3 }),
    rules: fc.array(
      fc.record(
        {
          if: fc.constantFrom('$CI', '$A', '$CI == null'),
          when: fc.constantFrom('always', 'never', 'manual'),
        },
        { requiredKeys: [] },
      ),
      { maxLength: 3 },
    ),
    parallel: fc.oneof(
      fc.integer({ min: 0, max: 4 }),
      fc.record({
        matrix: fc.array(
          fc.dictionary(fc.constantFrom('A', 'B'), fc.array(fc.constantFrom('x', 'y'), { maxLength: 3 })),
          { maxLength: 2 },
        ),
      }),
    ),
    variables: fc.dictionary(
      fc.constantFrom('A', 'B', 'C'),
      fc.constantFrom('x', '$A', '$B$B', '${C}', '$$A'),
    ),
    inherit: fc.record({ variables: fc.boolean() }),
    dependencies: fc.array(name, { maxLength: 2 }),
  },
  { requiredKeys: ['script'] },
)
const pipelines = fc.dictionary(name, job, { maxKeys: 5 }).map((value) => JSON.stringify(value))

describe('whatever a file says', () => {
  it('is planned or refused, with a place inside of it: words in any order', async () => {
    await fc.assert(
      fc.asyncProperty(
        soup,
        soup,
        async (main, other) => void (await outcome({ '.gitlab-ci.yml': main, a: other, 'a.yml': other })),
      ),
      RUNS,
    )
  })

  it('is planned or refused: jobs of every kind', async () => {
    await fc.assert(
      fc.asyncProperty(pipelines, async (text) => void (await outcome({ '.gitlab-ci.yml': text }))),
      RUNS,
    )
  })

  it('is the same plan when it is planned again', async () => {
    await fc.assert(
      fc.asyncProperty(pipelines, async (text) => {
        const files = { '.gitlab-ci.yml': text }
        expect(await outcome(files)).toEqual(await outcome(files))
      }),
      RUNS,
    )
  })

  it('every job has its needs among the jobs, in no later stage', async () => {
    await fc.assert(
      fc.asyncProperty(pipelines, async (text) => {
        const result = await planFiles({ '.gitlab-ci.yml': text }).catch(() => undefined)
        const stages = result?.stages ?? []
        const place = new Map(result?.jobs.map((one) => [one.name, stages.indexOf(one.stage)]))
        for (const one of result?.jobs ?? [])
          for (const need of one.needs ?? [])
            expect(place.get(need.job ?? '')).toBeLessThanOrEqual(stages.indexOf(one.stage))
      }),
      RUNS,
    )
  })

  it('including it is the same as writing it, where one file has what the other has not', async () => {
    await fc.assert(
      fc.asyncProperty(pipelines, async (text) => {
        const here = await outcome({ '.gitlab-ci.yml': text })
        const there = await outcome({ '.gitlab-ci.yml': 'include: a.yml\n', 'a.yml': text })
        if (!Array.isArray(here)) expect(withoutPlaces(there)).toEqual(withoutPlaces(here))
      }),
      RUNS,
    )
  })

  it('inputs cannot make it anything else than planned or refused', async () => {
    const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.string(), { maxLength: 3 }))
    await fc.assert(
      fc.asyncProperty(
        value,
        fc.constantFrom('string', 'number', 'boolean', 'array'),
        soup,
        async (given, type, content) => {
          const main = `include: [{ local: a.yml, inputs: { a: ${JSON.stringify(given)} } }]\n`
          const other = `spec: { inputs: { a: { type: ${type} } } }\n---\n${content}$[[ inputs.a ]]\nj: { script: e }\n`
          await outcome({ '.gitlab-ci.yml': main, 'a.yml': other })
        },
      ),
      RUNS,
    )
  })
})

function withoutPlaces(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, one: unknown) =>
      ['at', 'warnings', 'line', 'column', 'file'].includes(key) ? undefined : one,
    ),
  )
}

describe('whatever a condition says', () => {
  const part = fc.constantFrom(
    '$A',
    '$B',
    '"x"',
    "'y'",
    '/a+/',
    '/^x$/i',
    'null',
    'true',
    '==',
    '!=',
    '=~',
    '!~',
    '&&',
    '||',
    '!',
    '(',
    ')',
    ' ',
    '$',
    '/',
    '"',
  )

  it('is read or refused, and holds or does not', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(part, { maxLength: 12 }).map((parts) => parts.join(' ')),
        ),
        (text) => {
          const read = readCondition(text)
          if (read.kind === 'condition')
            expect(typeof holds(read.condition, (key) => ({ A: 'x', B: '' })[key])).toBe('boolean')
          else expect(read.offset).toBeLessThanOrEqual(text.length)
        },
      ),
      { numRuns: 3000 },
    )
  })

  it('in parentheses is the same condition', () => {
    const leaf = fc.constantFrom('$A', '$B', '$C', '"x"', 'null')
    const operator = fc.constantFrom('==', '!=', '&&', '||')
    fc.assert(
      fc.property(leaf, operator, leaf, (left, sign, right) => {
        const text = `${left} ${sign} ${right}`
        const value = (one: string): boolean => {
          const read = readCondition(one)
          if (read.kind === 'wrong') throw new Error(read.what)
          return holds(read.condition, (key) => ({ A: 'x', B: '' })[key])
        }
        expect(value(`(${text})`)).toBe(value(text))
        expect(value(`!(${text})`)).toBe(!value(text))
      }),
    )
  })
})
