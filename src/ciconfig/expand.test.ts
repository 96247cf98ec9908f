import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expandText, expandVariables, type Variable } from './index.ts'

function expanded(variables: readonly Variable[]): Record<string, string> {
  const expansion = expandVariables(variables)
  if (expansion.kind !== 'expanded') throw new Error(`not expanded: ${expansion.kind}`)
  return Object.fromEntries(expansion.variables.map(({ key, value }) => [key, value]))
}

const variable = (key: string, value: string, more: Partial<Variable> = {}): Variable => ({
  key,
  value,
  ...more,
})

describe('expansion of variables', () => {
  it.each([
    ['$A', 'a'],
    ['${A}', 'a'],
    ['%A%', 'a'],
    ['$A$A-${A}x', 'aa-ax'],
    ['$AB', '$AB'],
    ['${A', '${A'],
    ['$$A', '$$A'],
    ['%%A%', '%%A%'],
    ['${}', '${}'],
    ['$UNKNOWN', '$UNKNOWN'],
    ['$1', '$1'],
    ['100%', '100%'],
    ['$RAW', '$RAW'],
    ['$FILE', '$FILE'],
    ['cost: $', 'cost: $'],
  ])('turns %s into %s', (text, wanted) => {
    const known = [
      variable('A', 'a'),
      variable('RAW', 'r$A', { isRaw: true }),
      variable('FILE', 'f', { isFile: true }),
    ]
    expect(expanded([...known, variable('X', text)])['X']).toBe(wanted)
    expect(expandText(text, { variables: new Map(known.map((one) => [one.key, one])) })).toBe(wanted)
  })

  it('resolves references in the order of their dependencies, not of their definition', () => {
    const result = expanded([variable('A', '$B'), variable('B', '$C/b'), variable('C', 'c')])
    expect(result).toEqual({ A: 'c/b', B: 'c/b', C: 'c' })
  })

  it('uses the last of two variables with one name, wherever the reference stands', () => {
    expect(expanded([variable('A', 'first'), variable('B', '$A'), variable('A', 'last')])).toEqual({
      A: 'last',
      B: 'last',
    })
  })

  it('leaves raw values alone', () => {
    expect(expanded([variable('A', 'a'), variable('RAW', '$A', { isRaw: true })])['RAW']).toBe('$A')
  })

  it('names a circle, the reference of a variable to itself included', () => {
    expect(expandVariables([variable('A', '$B'), variable('B', '$A')])).toEqual({
      kind: 'circle',
      keys: ['A', 'B', 'A'],
    })
    expect(expandVariables([variable('PATH', 'bin:$PATH')])).toEqual({
      kind: 'circle',
      keys: ['PATH', 'PATH'],
    })
  })

  it('expands a chain of 50,000 variables without a stack', () => {
    const chain = Array.from({ length: 50_000 }, (_, index) => variable(`V${index}`, `$V${index + 1}`))
    expect(expanded([...chain, variable('V50000', 'end')])['V0']).toBe('end')
  })

  it('stops before values double without end', () => {
    const doubling = Array.from({ length: 64 }, (_, index) =>
      variable(`V${index}`, `$V${index + 1}$V${index + 1}`),
    )
    expect(expandVariables([...doubling, variable('V64', 'x')]).kind).toBe('too-large')
  })

  it('stops where values are too large together, though each of them is not', () => {
    const half = variable('A', 'x'.repeat((1 << 19) + 1))
    expect(expandVariables([half]).kind).toBe('expanded')
    expect(expandVariables([half, variable('B', '$A')])).toEqual({ kind: 'too-large', keys: ['B'] })
  })

  it('ends for any set of variables and keeps each name once', () => {
    const piece = fc.constantFrom('$A', '${B}', '%C%', '$$', '%%', '$', '{', 'x')
    const text = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''))
    const set = fc.array(
      fc.record({ key: fc.constantFrom('A', 'B', 'C', 'D'), value: text, isRaw: fc.boolean() }),
      { maxLength: 8 },
    )
    fc.assert(
      fc.property(set, (variables) => {
        const expansion = expandVariables(variables)
        if (expansion.kind !== 'expanded') return expansion.keys.length > 0
        return new Set(expansion.variables.map(({ key }) => key)).size === expansion.variables.length
      }),
    )
  })
})
