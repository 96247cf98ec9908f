import { describe, expect, it } from 'vitest'
import { givenVariable, mergedVariables } from './variables.ts'

describe('a variable that is given', () => {
  it('has its value after the first equals sign, or that of the environment, which is masked', () => {
    expect(givenVariable('A=b=c', {})).toEqual({ key: 'A', value: 'b=c', isFile: false, isMasked: false })
    expect(givenVariable('A=', {})).toMatchObject({ value: '', isMasked: false })
    expect(givenVariable('A', { A: 'secret-of-a' })).toMatchObject({ value: 'secret-of-a', isMasked: true })
    expect(givenVariable('A', { A: 'yes' })).toMatchObject({ isMasked: false })
  })

  it.each(['', '=x', '1A=x', 'A B=x', 'A'])('%j is refused', (text) => {
    expect(() => givenVariable(text, {})).toThrow(expect.objectContaining({ code: 'client.run-variable' }))
  })
})

it('of variables with one name the last counts', () => {
  const [one, two] = [givenVariable('A=1', {}), givenVariable('A=2', {})]
  expect(mergedVariables([one], [two])).toEqual([two])
})
