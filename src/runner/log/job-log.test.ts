import { describe, expect, it } from 'vitest'
import { createJobLog, type JobLog } from './job-log.ts'
import type { LogLine } from './lines.ts'
import { createMasker } from './mask.ts'

describe('the log of a job', () => {
  it('tells what the runner says from what a job prints in the same words', () => {
    const { log, lines } = arrange()
    log.success('Job succeeded')
    log.output(Buffer.from('\u001B[32;1mJob succeeded\u001B[0;m\n'))
    log.end()
    expect(lines).toEqual([
      { text: '\u001B[32;1mJob succeeded\u001B[0;m', from: 'runner' },
      { text: '\u001B[32;1mJob succeeded\u001B[0;m', from: 'job' },
    ])
  })

  it('begins a line for what the runner says, where the job has left one open', () => {
    const { log, lines, text } = arrange()
    log.output(Buffer.from('no newline s3cret'))
    log.error('Job failed')
    log.end()
    expect(text()).toContain('no newline s3cret\u001B[0;m\n\u001B[31;1mERROR: Job failed')
    expect(lines.map(({ from }) => from)).toEqual(['job', 'runner'])
  })

  it('lets a job fold its own lines, without telling a person of the marks', () => {
    const { log, lines, text } = arrange()
    const mark = 'section_start:1:mine[collapsed=true]\r\u001B[0K'
    log.output(Buffer.from(`${mark}title\n`))
    log.end()
    expect(lines).toEqual([{ text: 'title', from: 'job' }])
    expect(text()).toBe(`${mark}title\n`)
  })

  it.each([
    ['lines', 'x'.repeat(62) + '\n'],
    ['one line', 'x'.repeat(64)],
    ['one escape sequence', '\u001B[' + '1;'.repeat(31)],
    ['one progress meter', `\r${'#'.repeat(63)}`],
  ])('keeps no more than its limit of endless output in %s, and says so once', (_, part) => {
    const { log, lines, text } = arrange(100_000)
    for (let count = 0; count < 5_000; count++) log.output(Buffer.from(part))
    log.success('Job succeeded')
    log.end()
    expect(text().match(/exceeded limit of 100000 bytes/g)).toHaveLength(1)
    expect(text()).toMatch(/Job succeeded/)
    expect(text().length).toBeLessThan(101_000)
    expect(Math.max(...lines.map((line) => line.text.length))).toBeLessThan(20_000)
  })

  it('shows no part of a secret at its limit', () => {
    const { log, text } = arrange(100)
    log.output(Buffer.from(`${'x'.repeat(95)}s3cret-value and more`))
    log.output(Buffer.from('s3cret-value'.repeat(10)))
    log.end()
    expect(text()).not.toContain('s3c')
  })
})

function arrange(limitBytes = 1 << 20): { log: JobLog; lines: LogLine[]; text: () => string } {
  const parts: Uint8Array[] = []
  const lines: LogLine[] = []
  const log = createJobLog({
    masker: createMasker(['s3cret-value'], []),
    clock: { nowMs: () => 0, sleep: () => Promise.resolve() },
    limitBytes,
    onBytes: (masked) => parts.push(masked),
    onLine: (line) => lines.push(line),
  })
  return { log, lines, text: () => Buffer.concat(parts).toString('utf8') }
}
