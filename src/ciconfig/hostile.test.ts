import { describe, expect, it } from 'vitest'
import { outcome, planFiles, type Files } from './arrange-files.ts'
import { fileGlob, includeGlob } from './rules/glob.ts'

async function refusal(files: Files): Promise<readonly string[]> {
  const result = await outcome(files)
  if (Array.isArray(result)) return result as readonly string[]
  throw new Error('was planned')
}

describe('what is made to cost time', () => {
  it('patterns that other engines never finish are matched', async () => {
    const text = `a: { script: e, variables: { V: "${'a'.repeat(5000)}!" }, rules: [{ if: "$V =~ /^(a+)+$/" }, { when: always }] }\n`
    expect((await planFiles({ '.gitlab-ci.yml': text })).jobs[0]?.rules_matched).toBe(1)
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
    expect((await planFiles({ '.gitlab-ci.yml': text })).variables['V0']).toBe('end')
  })
})
