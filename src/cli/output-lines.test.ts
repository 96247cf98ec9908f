import { describe, expect, it } from 'vitest'
import { utf8 } from '../base/index.ts'
import { createOutputLines } from './output-lines.ts'

describe('the lines of a program', () => {
  it('come whole, of each stream for itself, whatever the parts are', () => {
    const lines: string[] = []
    const { add, end } = createOutputLines((line) => lines.push(line))
    const euro = utf8('€')
    add(utf8('one\ntw'), 'stdout')
    add(utf8('error\n'), 'stderr')
    add(utf8('o '), 'stdout')
    add(euro.subarray(0, 1), 'stdout')
    add(euro.subarray(1), 'stdout')
    add(utf8('\n\nlast'), 'stdout')
    expect(lines).toEqual(['one', 'error', 'two €', ''])
    end()
    expect(lines.slice(4)).toEqual(['last'])
  })

  it('are cut where they never end', () => {
    const lines: string[] = []
    const { add, end } = createOutputLines((line) => lines.push(line))
    for (let part = 0; part < 100; part += 1) add(utf8('x'.repeat(1000)), 'stderr')
    end()
    expect(lines.map(({ length }) => length)).toEqual([10_000])
  })
})
