import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fileGlob, includeGlob } from './rules/glob.ts'
import { holds, readCondition } from './expression/condition.ts'
import {
  formatProblem,
  InvalidPipelineError,
  planPipeline,
  textSources,
  type Plan,
  type Sources,
} from './index.ts'

const RUNS = { numRuns: 400 }
const PUSH = Object.entries({ CI: 'true', CI_COMMIT_BRANCH: 'main', CI_PIPELINE_SOURCE: 'push' }).map(
  ([key, value]) => ({ key, value }),
)

type Files = Readonly<Record<string, string>>

async function plan(
  files: Files,
  sources: Sources = textSources(new Map(Object.entries(files))),
): Promise<Plan> {
  const variables = { predefined: PUSH, project: [], pipeline: [] }
  return planPipeline({ file: '.gitlab-ci.yml', sources, variables })
}

/** The plan, or the problems: nothing else may come of a file. Each problem stands inside of a file that was read. */
async function outcome(files: Files): Promise<unknown> {
  try {
    return await plan(files)
  } catch (error) {
    if (!(error instanceof InvalidPipelineError)) throw error
    expect(error.problems.length).toBeGreaterThan(0)
    for (const { file, line, column } of error.problems) {
      const lines = files[file]?.split('\n') ?? []
      expect([file, line >= 1 && line <= Math.max(1, lines.length)]).toEqual([file, true])
      expect(column >= 1 && column <= (lines[line - 1]?.length ?? 0) + 1).toBe(true)
    }
    return error.problems.map(formatProblem)
  }
}

async function refusal(files: Files): Promise<readonly string[]> {
  const result = await outcome(files)
  if (Array.isArray(result)) return result as readonly string[]
  throw new Error('was planned')
}

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
  it('it is planned or refused, with a place inside of it: words in any order', async () => {
    await fc.assert(
      fc.asyncProperty(
        soup,
        soup,
        async (main, other) => void (await outcome({ '.gitlab-ci.yml': main, a: other, 'a.yml': other })),
      ),
      RUNS,
    )
  })

  it('it is planned or refused: jobs of every kind', async () => {
    await fc.assert(
      fc.asyncProperty(pipelines, async (text) => void (await outcome({ '.gitlab-ci.yml': text }))),
      RUNS,
    )
  })

  it('it is the same plan when it is planned again', async () => {
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
        const result = await plan({ '.gitlab-ci.yml': text }).catch(() => undefined)
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

  it('it is read or refused, and holds or does not', () => {
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

  it('a condition in parentheses is the same condition', () => {
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

describe('what is made to cost time', () => {
  it('patterns that other engines never finish are matched', async () => {
    const text = `a: { script: e, variables: { V: "${'a'.repeat(5000)}!" }, rules: [{ if: "$V =~ /^(a+)+$/" }, { when: always }] }\n`
    expect((await plan({ '.gitlab-ci.yml': text })).jobs[0]?.rules_matched).toBe(1)
    expect(fileGlob(`${'*a'.repeat(200)}b`)?.matches('a'.repeat(5000))).toBe(false)
    expect(fileGlob(`${'**/'.repeat(100)}x`)?.matches(`${'a/'.repeat(500)}y`)).toBe(false)
    expect(includeGlob(`${'**'.repeat(100)}.yml`)?.matches('a'.repeat(5000))).toBe(false)
  })

  it.each<[string, Files, RegExp]>([
    [
      'a pattern that RE2 finds too large',
      { '.gitlab-ci.yml': 'a: { script: e, rules: [{ if: "$A =~ /((a{100}){100}){100}/" }] }' },
      /RE2 does not take/,
    ],
    [
      'a file that includes itself by another way',
      { '.gitlab-ci.yml': 'include: /a.yml', 'a.yml': 'include: //a.yml' },
      /includes itself/,
    ],
    [
      'files that include two others each',
      {
        '.gitlab-ci.yml': 'include: f0.yml',
        ...Object.fromEntries(
          Array.from({ length: 40 }, (_, i) => [`f${i}.yml`, `include: [f${i + 1}.yml, f${i + 1}.yml]`]),
        ),
        'f40.yml': 'a: { script: e }',
      },
      /more than 150 files/,
    ],
    [
      'a chain of includes',
      {
        '.gitlab-ci.yml': 'include: f0.yml',
        ...Object.fromEntries(Array.from({ length: 140 }, (_, i) => [`f${i}.yml`, `include: f${i + 1}.yml`])),
      },
      /100 levels deep/,
    ],
    [
      'large files that are included again and again',
      {
        '.gitlab-ci.yml': `include: [${'a.yml,'.repeat(60)}]`,
        'a.yml': `a: { script: e }\n#${'x'.repeat(1_000_000)}`,
      },
      /more than 8388608 characters/,
    ],
    [
      'inputs that grow',
      {
        '.gitlab-ci.yml': `spec: { inputs: { a: { default: "${'x'.repeat(10_000)}" } } }\n---\na: { script: "${'$[[ inputs.a ]]'.repeat(1000)}" }`,
      },
      /grows beyond 1 MiB/,
    ],
    [
      'more blocks than may be',
      {
        '.gitlab-ci.yml': `spec: { inputs: { a: { default: "" } } }\n---\na: { script: "${'$[[ inputs.a ]]'.repeat(10_001)}" }`,
      },
      /more than 10000 blocks/,
    ],
    [
      'variables that double in a hidden way',
      {
        '.gitlab-ci.yml': `variables:\n${Array.from({ length: 40 }, (_, i) => `  V${i}: "$V${i + 1}$V${i + 1}"\n`).join('')}  V40: xx\na: { script: e }`,
      },
      /expand to too much text/,
    ],
    [
      'a circle that begins far away',
      {
        '.gitlab-ci.yml': `variables:\n${Array.from({ length: 500 }, (_, i) => `  V${i}: "$V${i + 1}"\n`).join('')}  V500: "$V0"\na: { script: e }`,
      },
      /in a circle/,
    ],
    [
      'needs of needs in a long circle',
      {
        '.gitlab-ci.yml': Array.from(
          { length: 1000 },
          (_, i) => `j${i}: { script: e, needs: [j${(i + 1) % 1000}] }`,
        ).join('\n'),
      },
      /in a circle/,
    ],
  ])('%s are refused', async (_, files, message) => {
    const lines = await refusal(files)
    expect(lines.join('\n')).toMatch(message)
    expect(lines.length).toBeLessThanOrEqual(100)
  })

  it('a long chain of variables is expanded all the same', async () => {
    const text = `variables:\n${Array.from({ length: 900 }, (_, i) => `  V${i}: "$V${i + 1}"\n`).join('')}  V900: end\na: { script: e }`
    expect((await plan({ '.gitlab-ci.yml': text })).variables['V0']).toBe('end')
  })
})
