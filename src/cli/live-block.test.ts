import { describe, expect, it } from 'vitest'
import type { RunnerEvent } from '../runner/index.ts'
import { createLiveBlock } from './live-block.ts'
import { createProgress } from './run-progress.ts'
import type { Screen } from './screen.ts'

const SEQUENCE = new RegExp(String.raw`\u001b\[[0-9;]*m|\u001b\[\d*[JKA]|\u001b\[\?7[lh]|[^]`, 'g')

const ESCAPE = '\u001b'

/** A terminal of some rows that scrolls; lines are no longer than it is wide. */
class Rows implements Screen {
  readonly isTTY = true
  readonly env = {}
  columns = 80
  rows = 10
  lines = ['']
  row = 0
  at = 0
  onResize: (() => void) | undefined

  write(text: string): void {
    for (const [part] of text.matchAll(SEQUENCE)) this.#obey(part)
  }

  #obey(part: string): void {
    if (part === '\n') this.#feed()
    else if (part === '\r') this.at = 0
    else if (part.startsWith(ESCAPE)) this.#control(part)
    else {
      const line = this.lines[this.row] ?? ''
      this.lines[this.row] = line.slice(0, this.at) + part + line.slice(this.at + 1)
      this.at += 1
    }
  }

  #feed(): void {
    this.row += 1
    this.lines[this.row] ??= ''
  }

  #control(part: string): void {
    const before = (this.lines[this.row] ?? '').slice(0, this.at)
    const count = Number(part.slice(2, -1))
    // What has scrolled away is out of reach.
    if (part.endsWith('A')) this.row = Math.max(this.row - count, this.lines.length - this.rows, 0)
    if (part.endsWith('K')) this.lines[this.row] = before
    if (part.endsWith('J')) this.lines.splice(this.row, Infinity, before)
  }

  on(_event: 'resize', listener: () => void): void {
    this.onResize = listener
  }

  off(): void {
    this.onResize = undefined
  }
}

describe('lines that move', () => {
  it('take as many rows as there are of them, below what was written, and none in the end', () => {
    const screen = new Rows()
    screen.write('before\r\n')
    const block = createLiveBlock(screen)
    block?.draw([
      ['one ', 'x'.repeat(300)],
      ['two', ''],
      ['three', ''],
    ])
    expect(screen.lines.map((line) => line.slice(0, 5))).toEqual(['befor', 'one x', 'two', 'three'])
    expect(screen.lines[1]).toHaveLength(79)
    block?.draw([['1', '']])
    expect(screen.lines).toEqual(['before', '1'])
    block?.erase()
    screen.write('more\r\n')
    block?.draw([
      ['2', ''],
      ['3', ''],
    ])
    expect(screen.lines).toEqual(['before', 'more', '2', '3'])
    block?.end()
    expect(screen.lines).toEqual(['before', 'more', ''])
    expect(screen.onResize).toBeUndefined()
  })

  it('are never more than the terminal can take back', () => {
    const screen = new Rows()
    const block = createLiveBlock(screen)
    const many = Array.from({ length: 64 }, (_, index) => [`line ${index}`, ''] as const)
    block?.draw(many)
    block?.draw(many)
    expect(screen.lines).toHaveLength(8)
    screen.rows = 4
    screen.onResize?.()
    expect(screen.lines).toHaveLength(2)
  })

  it('show nothing of what a job does to a terminal', () => {
    const screen = new Rows()
    createLiveBlock(screen)?.draw([['a\u001b[2J', 'b\u001b]0;x\u0007']])
    expect(screen.lines.join('')).not.toContain('\u001b')
  })
})

describe('the progress of jobs at a time', () => {
  const jobOf = (id: number, name: string) => ({ id, name, stage: name })
  const [a, b, c] = [jobOf(1, 'a'), jobOf(2, 'b'), jobOf(3, 'c')]

  it('has a line for each that runs, with its time and last words, and one for those that wait', () => {
    const screen = new Rows()
    let nowMs = 0
    const progress = createProgress(screen, 'talking', () => nowMs)
    progress.begin([a, b, c])
    for (const job of [a, b]) progress.event({ kind: 'job-started', job })
    progress.event({ kind: 'output', job: b, line: 'words of b' })
    progress.event({ kind: 'output', job: b, line: '' })
    nowMs = 2500
    progress.tick()
    expect(screen.lines).toEqual([
      '    a                      running      2 s  ',
      '    b                      running      2 s  words of b',
      '    waiting: c',
    ])
    const outcome = { ...a, state: 'failed', exitCode: 1, durationMs: 2500 }
    progress.event({ kind: 'job-ended', job: a, outcome } as RunnerEvent)
    expect(screen.lines.slice(1)).toEqual([
      '    b                      running      2 s  words of b',
      '    waiting: c',
    ])
    progress.end()
    expect(screen.lines).toEqual(['  ✗ a                      failed     2.5 s  exit 1', ''])
  })

  it('keeps the last lines of the first that failed', () => {
    const progress = createProgress(new Rows(), 'talking', () => 0)
    for (const job of [a, b]) {
      progress.event({ kind: 'job-started', job })
      progress.event({ kind: 'output', job, line: `of ${job.name}` })
    }
    for (const job of [b, a])
      progress.event({ kind: 'job-ended', job, outcome: { ...job, state: 'failed', durationMs: 1 } })
    expect([a, b].map(({ id }) => progress.tailOf(id))).toEqual([['of a'], ['of b']])
  })
})
