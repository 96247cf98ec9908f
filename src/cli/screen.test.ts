import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RunnerEvent } from '../runner/index.ts'
import { createProgress } from './run-progress.ts'
import { columnsOf, createLiveLine, fitted, paint, shownLine, type Screen } from './screen.ts'
import { createVerifyProgress } from './verify-progress.ts'

/** Colours, erasing, what is too wide, one character. */
const SEQUENCE = new RegExp(String.raw`\u001b\[[0-9;]*m|\u001b\[[JK]|\u001b\[\?7[lh]|[^]`, 'g')

/** A terminal that wraps what is too long, and wraps it anew when it becomes narrower, as xterm's descendants do. */
class FakeTerminal implements Screen {
  readonly isTTY = true
  readonly env: Readonly<Record<string, string>>
  /** As the program knows it. */
  columns: number
  width: number
  /** Logical lines; the cursor is in the last one. */
  lines = ['']
  at = 0
  raw = ''
  #wraps = true
  #onResize: (() => void) | undefined

  constructor(columns: number, env: Readonly<Record<string, string>> = {}) {
    this.columns = this.width = columns
    this.env = env
  }

  write(text: string): void {
    this.raw += text
    for (const [part] of text.matchAll(SEQUENCE)) this.#obey(part)
  }

  #obey(part: string): void {
    const line = this.lines.at(-1) ?? ''
    if (part === '\n') {
      this.lines.push('')
      this.at = 0
    } else if (part === '\r') {
      // To the start of the row, which is not that of the line where the line is longer than a row.
      this.at -= this.at % this.width
    } else if (/[JK]$/.test(part) && part.length > 1) this.lines.splice(-1, 1, line.slice(0, this.at))
    else if (/\?7[lh]$/.test(part)) this.#wraps = part.endsWith('h')
    else if (!part.startsWith('\u001b')) {
      this.lines.splice(-1, 1, line.slice(0, this.at) + part + line.slice(this.at + 1))
      this.at = this.#wraps ? this.at + 1 : Math.min(this.at + 1, this.width - 1)
    }
  }

  on(_event: 'resize', listener: () => void): void {
    this.#onResize = listener
  }

  off(): void {
    this.#onResize = undefined
  }

  resize(columns: number): void {
    this.columns = this.width = columns
    this.#onResize?.()
  }

  get shown(): readonly string[] {
    return this.lines.flatMap((line) => line.match(new RegExp(`.{1,${this.width}}`, 'g')) ?? [''])
  }
}

const job = { id: 1, name: 'publish', stage: 'publish' } as RunnerEvent['job']
const output = (line: string): RunnerEvent => ({ kind: 'output', job, line })
const ended = (outcome: object): RunnerEvent =>
  ({ kind: 'job-ended', job, outcome: { ...job, durationMs: 1234, ...outcome } }) as RunnerEvent

describe('a line that moves', () => {
  it.each([20, 60, 80, 140])('takes one row of %i columns, and none in the end', (columns) => {
    const terminal = new FakeTerminal(columns)
    const line = createLiveLine(terminal)
    for (const length of [500, columns + 1, columns, columns - 1, 3]) {
      line?.draw('build ', 'x'.repeat(length))
      expect(terminal.shown).toHaveLength(1)
    }
    line?.end()
    expect(terminal.shown).toEqual([''])
  })

  it('is drawn anew when the terminal becomes narrower or wider, and leaves nothing behind', () => {
    const sizes = fc.array(fc.integer({ min: 10, max: 200 }), { maxLength: 8 })
    fc.assert(
      fc.property(sizes, fc.string(), (columns, text) => {
        const terminal = new FakeTerminal(140)
        terminal.write('before\n')
        const line = createLiveLine(terminal)
        line?.draw('build ', text.repeat(40))
        for (const size of columns) {
          terminal.resize(size)
          expect(terminal.shown).toHaveLength(2)
        }
        line?.end()
        expect(terminal.shown).toEqual(['before', ''])
      }),
    )
  })

  it('takes one row of a terminal that is narrower than it has told so far', () => {
    const terminal = new FakeTerminal(140)
    const line = createLiveLine(terminal)
    terminal.width = 60
    line?.draw('build ', 'x'.repeat(500))
    line?.draw('build ', 'y'.repeat(500))
    expect(terminal.shown).toHaveLength(1)
  })

  it.each([
    ['NO_COLOR', { NO_COLOR: '1' }],
    ['TERM=dumb', { TERM: 'dumb' }],
    ['CI', { CI: 'true' }],
  ])('does not exist with %s', (_name, variables) => {
    const terminal = new FakeTerminal(80, variables)
    expect(createLiveLine(terminal)).toBeUndefined()
    expect(paint('red', 'error', terminal)).toBe('error')
    expect(shownLine({ mark: 'failed', text: 'x' }, terminal)).not.toContain('\u001b')
  })

  it('does not exist in a pipe, which has no marks either', () => {
    const pipe = { write: () => true }
    expect(createLiveLine(pipe)).toBeUndefined()
    expect(shownLine({ mark: 'passed', text: 'x' }, pipe)).toBe('x')
    expect(shownLine({ mark: 'passed', text: 'x' }, new FakeTerminal(80, { TERM: 'dumb' }))).toBe('x')
  })
})

describe('fitted', () => {
  it('is never wider than asked, counting what may be drawn wide as two', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 2, max: 50 }), (text, columns) => {
        expect(columnsOf(fitted(text, columns))).toBeLessThanOrEqual(columns)
      }),
    )
    expect(fitted('日本語', 6)).toBe('日本語')
    expect(fitted('日本語', 5)).toBe('日本…')
    expect(fitted('日本語', 4)).toBe('日…')
  })
})

describe('the progress of a run', () => {
  it('is one aligned line for each job on a terminal, with a mark and a word', () => {
    const terminal = new FakeTerminal(80)
    const progress = createProgress(terminal, 'talking')
    progress.event({ kind: 'job-started', job })
    progress.event(output(`\u001b[31m${'x'.repeat(300)}\u001b[0m`))
    expect(terminal.shown).toHaveLength(1)
    progress.event(ended({ state: 'success' }))
    progress.event(output('\tred'))
    progress.event(ended({ state: 'failed', reason: 'script_failure', exitCode: 3 }))
    progress.event(ended({ state: 'failed', reason: 'runner_system_failure' }))
    progress.end()
    expect(terminal.shown).toEqual([
      '  ✓ publish                passed     1.2 s',
      '  ✗ publish                failed     1.2 s  exit 3',
      '  ✗ publish                failed     1.2 s  runner system failure',
      '',
    ])
  })

  it('is plain words in a pipe', () => {
    let written = ''
    const progress = createProgress({ write: (text) => (written += text) }, 'talking')
    progress.event({ kind: 'job-started', job })
    progress.event(output('\u001b[31mred\u001b[0m'))
    progress.event(ended({ state: 'success' }))
    expect(written).toBe('  publish                started\n  publish                passed     1.2 s\n')
  })
})

describe('the progress of a verification', () => {
  const shown = (screen: Screen | undefined, total: number): void => {
    const progress = createVerifyProgress(screen, total)
    progress.step()
    progress.end()
  }

  it('is a line that is taken away again, on a terminal and for several files', () => {
    const [several, one] = [new FakeTerminal(80), new FakeTerminal(80)]
    shown(several, 2)
    shown(one, 1)
    expect(several.raw).toContain('wheelseal: 1 of 2 files')
    expect(several.shown).toEqual([''])
    expect(one.raw).toBe('')
    let piped = ''
    shown({ write: (text) => (piped += text) }, 2)
    expect(piped).toBe('')
  })
})
