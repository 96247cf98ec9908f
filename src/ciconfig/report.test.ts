import { describe, expect, it } from 'vitest'
import { byPosition, createReport, formatProblem, type Position } from './report.ts'

const at = (file: string, line: number, column: number): Position => ({ file, line, column })

function reported(...positions: readonly Position[]): readonly string[] {
  const report = createReport()
  for (const position of positions) report.problem(position, 'ciconfig.value', 'is wrong')
  return report.problems.toSorted(byPosition).map(formatProblem)
}

describe('a report', () => {
  it('is in the order of the files, of their lines and of their columns', () => {
    const lines = reported(at('b.yml', 1, 1), at('a.yml', 10, 2), at('a.yml', 10, 1), at('a.yml', 9, 5))
    expect(lines).toEqual([
      'a.yml:9:5: is wrong',
      'a.yml:10:1: is wrong',
      'a.yml:10:2: is wrong',
      'b.yml:1:1: is wrong',
    ])
  })

  it('has one place of a file once, and the same place of another file too', () => {
    expect(reported(at('a.yml', 1, 1), at('a.yml', 1, 1), at('b.yml', 1, 1))).toHaveLength(2)
  })

  it('ends at a hundred problems', () => {
    expect(reported(...Array.from({ length: 200 }, (_, index) => at('a.yml', index + 1, 1)))).toHaveLength(
      100,
    )
  })

  it('asks for a message only where the problem is kept', () => {
    const report = createReport()
    let asked = 0
    const message = (): string => `asked ${++asked}`
    for (let line = 1; line <= 200; line++) {
      report.problem(at('a.yml', line, 1), 'ciconfig.value', message)
      report.problem(at('a.yml', line, 1), 'ciconfig.value', message)
    }
    expect(report.problems.at(-1)?.message).toBe('asked 100')
    expect(asked).toBe(100)
  })
})
