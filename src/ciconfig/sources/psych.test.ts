import fc from 'fast-check'
import { expect, it } from 'vitest'
import { plainValue, type PlainValue, type Unfit } from './psych.ts'

it.each<[string, PlainValue | Unfit]>([
  ['yes', true],
  ['tRUE', true],
  ['On', true],
  ['OFF', false],
  ['No', false],
  ['y', 'y'],
  ['n', 'n'],
  ['', null],
  ['~', null],
  ['NuLL', null],
  ['10', 10n],
  ['-0', 0n],
  ['+1', 1n],
  ['010', 8n],
  ['-010', -8n],
  ['0_7', 7n],
  ['08', '08'],
  ['0o17', '0o17'],
  ['0x1F', 31n],
  ['-0x1f', -31n],
  ['0b11', 3n],
  ['1_000', 1000n],
  ['1,000', 1000n],
  ['80,443', 80443n],
  ['1_', '1_'],
  ['1__0', '1__0'],
  ['3.10', 3.1],
  ['.5', 0.5],
  ['1.', 1],
  ['.', '.'],
  ['-.', '-.'],
  ['1.5e+3', 1500],
  ['1.5e3', '1.5e3'],
  ['1e3', '1e3'],
  ['12e4567', '12e4567'],
  ['1.2.3', '1.2.3'],
  ['12:30', 45000n],
  ['12:30:45', 45045n],
  ['1:2:3:4', '1:2:3:4'],
  ['12:75', '12:75'],
  ['.inf', Infinity],
  ['-.INF', -Infinity],
  ['.NaN', NaN],
  ['0_', 0n],
  ['0,', 0n],
  ['0b_', { readAs: 'a number without digits' }],
  ['-0x_', { readAs: 'a number without digits' }],
  ['.e+3', { readAs: 'a number without digits' }],
  ['2024-02-30', { readAs: 'a date' }],
  ['2024-13-01', '2024-13-01'],
  ['-2024-01-31T10:20:30Z', { readAs: 'a date' }],
  [':a', { readAs: 'a symbol' }],
  [':', ':'],
  ['main', 'main'],
  ['nullx', 'nullx'],
  ['trueish', 'trueish'],
])('%s is %s', (source, value) => {
  expect(plainValue(source)).toEqual(value)
})

it('is the text, or something that is no text, whatever it is', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[-+0-9._,:exb]{0,12}$/)), (source) => {
      const value = plainValue(source)
      if (typeof value === 'string') expect(value).toBe(source)
    }),
    { numRuns: 5000 },
  )
})
