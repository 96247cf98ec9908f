import { describe, expect, it } from 'vitest'
import { createReport, formatProblem } from '../report.ts'
import { parseYaml } from './yaml.ts'

function problemsOf(text: string): readonly string[] {
  const report = createReport()
  parseYaml('a.yml', text, report)
  return report.problems.map(formatProblem)
}

const flow = (levels: number): string => `a: ${'['.repeat(levels)}${']'.repeat(levels)}`
const deepAliases = (levels: number): string =>
  [
    '.v0: &v0 x',
    ...Array.from({ length: levels }, (_, index) => `.v${index + 1}: &v${index + 1} [*v${index}]`),
  ].join('\n')
/** The map, a list of 999, a list of 98 aliases of it, a list of the rest. */
const values = (count: number): string =>
  `a: &a [${'x,'.repeat(999)}]\nb: [${'*a ,'.repeat(98)}]\nc: [${'x,'.repeat(count - 99_003)}]`
const MAX_BYTES = 1 << 20

describe('the limits of one file', () => {
  it.each([
    ['1 MiB', `a: b\n#${'x'.repeat(MAX_BYTES - 6)}`],
    ['1 MiB in letters of two bytes', `a: b\n#${'ä'.repeat((MAX_BYTES - 6) / 2)}`],
    ['99 lists in the map', flow(99)],
    ['100,000 values, those of aliases counted', values(100_000)],
  ])('admit %s', (_, text) => {
    expect(problemsOf(text)).toEqual([])
  })

  it.each([
    [
      'a byte more than 1 MiB',
      `a: b\n#${'x'.repeat(MAX_BYTES - 5)}`,
      /:1:1: the file is larger than 1048576 bytes$/,
    ],
    ['more than 1 MiB in fewer letters', `a: b\n#${'ä'.repeat(MAX_BYTES / 2)}`, /larger than/],
    ['100 lists in the map', flow(100), /:1:103: nested deeper than 100 levels$/],
    ['100,001 values', values(100_001), /more than 100000 values, aliases counted$/],
    ['levels built of aliases', deepAliases(120), /:100:12: nested deeper than 100 levels, aliases counted$/],
  ])('refuse %s', (_, text, message) => {
    expect(problemsOf(text)).toEqual([expect.stringMatching(message)])
  })
})
