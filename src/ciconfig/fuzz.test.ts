import fc from 'fast-check'
import { expect, it } from 'vitest'
import { expandVariables, MAX_EXPANDED_LENGTH } from './expand.ts'
import { holds, readCondition } from './expression/condition.ts'
import { createReport } from './report.ts'
import { scopeOf } from './scope.ts'
import { interpolate } from './sources/interpolate.ts'
import { parseYaml } from './sources/yaml.ts'

/** 100,000 inputs; `WHEELSEAL_FUZZ=20 vitest run src/ciconfig/fuzz.test.ts` makes twenty times as many. */
const TIMES = Number(process.env['WHEELSEAL_FUZZ'] ?? 1)
const WAIT_MS = 600_000 * TIMES

/** Words in any order: one number says which word, so that a text costs little to make. */
function soup(words: readonly string[], maxLength: number): fc.Arbitrary<string> {
  return fc
    .uint8Array({ maxLength })
    .map((numbers) => [...numbers].map((one) => words[one % words.length]).join(''))
}

it(
  'any text is a condition or is not one, and says where',
  () => {
    const words = '$A $B ${A} "x" \'y\' /a+/ /^x$/i / " null true == != =~ !~ && || ! ( ) $ é'
      .split(' ')
      .concat(' ', ' ')
    const check = (text: string): void => {
      const read = readCondition(text)
      if (read.kind === 'wrong') expect(read.offset <= text.length).toBe(true)
      else expect(typeof holds(read.condition, (key) => ({ A: 'x', B: '/(a|b)*/' })[key])).toBe('boolean')
    }
    fc.assert(fc.property(soup(words, 16), check), { numRuns: 40_000 * TIMES })
  },
  WAIT_MS,
)

it(
  'any variables are expanded, are in a circle or too large',
  () => {
    const words = '$A ${B} %C% $$ $ ${ } % A x /'.split(' ')
    const value = soup(words, 6)
    const check = (a: string, b: string, c: string): void => {
      const values = [a, b, c]
      const expansion = expandVariables(
        values.map((text, index) => ({ key: 'ABC'[index] ?? '', value: text })),
      )
      if (expansion.kind !== 'expanded') expect(expansion.keys.length).toBeGreaterThan(0)
      else for (const one of expansion.variables) expect(one.value.length <= MAX_EXPANDED_LENGTH).toBe(true)
    }
    fc.assert(fc.property(value, value, value, check), { numRuns: 25_000 * TIMES })
  },
  WAIT_MS,
)

it(
  'any text with inputs is filled in, each place leading back into it',
  () => {
    const words = '$[[ ]] inputs. a b | truncate( 0,1) expand_vars posix_escape , [0] $ [ \n x'
      .split(' ')
      .concat(' ', ' ')
    const known = { predefined: [], groups: [], project: [], pipeline: [] }
    const context = {
      inputs: new Map<string, string | readonly string[]>([
        ['a', '$[[ inputs.a ]]'],
        ['b', ['x', 'y']],
      ]),
      component: new Map<string, string>(),
      variables: scopeOf(known, { yaml: [], facts: [] }),
    }
    const check = (text: string): void => {
      const result = interpolate(text, context)
      const back = result.origin(result.text.length)
      expect(back >= 0 && back <= text.length).toBe(true)
    }
    fc.assert(fc.property(soup(words, 16), check), { numRuns: 20_000 * TIMES })
  },
  WAIT_MS,
)

it(
  'any text is a map of YAML or has problems inside of it',
  () => {
    const words = [
      'a',
      'b',
      ': ',
      ':',
      '- ',
      '\n',
      '\n  ',
      '\n',
      '&x ',
      '*x',
      '<<: ',
      '!reference ',
      '!!str ',
      '[',
      ']',
      '{',
      '}',
      ',',
      '"',
      "'",
      '|',
      '>',
      '#',
      '%',
      '\t',
      '~',
      '012',
      '0_',
      '12:30',
      '\u0000',
      '\r\n',
      '---\n',
      '? ',
    ]
    const check = (text: string): void => {
      const report = createReport()
      parseYaml('a.yml', text, report)
      const lines = text.split('\n')
      for (const { line, column } of report.problems)
        expect(column - 1 <= (lines[line - 1]?.length ?? -1)).toBe(true)
    }
    fc.assert(fc.property(soup(words, 24), check), { numRuns: 15_000 * TIMES })
  },
  WAIT_MS,
)
