import { closeSync, openSync, readFileSync, rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { fileText, LineWriter, type WriteText } from './line-writer.ts'
import { jsonLog } from './log.ts'

type Done = Parameters<WriteText>[1]

/** A place that takes text when it is told to. */
function place() {
  const texts: string[] = []
  let pending: Done | undefined
  const writeText: WriteText = (text, done) => {
    texts.push(text)
    pending = done
  }
  return { texts, writeText, end: (error?: Error) => pending?.(error) }
}

const notice = (lines: number): string => `${lines} dropped\n`
const full = new Error('ENOSPC')

describe('a line', () => {
  it('waits for the one before, and goes out with others that wait', () => {
    const { texts, writeText, end } = place()
    const writer = new LineWriter(writeText, notice)
    for (const line of ['a\n', 'b\n', 'c\n']) writer.write(line)
    expect(texts).toEqual(['a\n'])
    end()
    expect(texts).toEqual(['a\n', 'b\nc\n'])
  })

  it('that cannot be written is dropped and counted, and told of when there is room', () => {
    vi.useFakeTimers()
    const { texts, writeText, end } = place()
    const writer = new LineWriter(writeText, notice)
    writer.write('a\n')
    writer.write('b\n')
    end(full)
    vi.runAllTimers()
    end(full)
    writer.write('c\n')
    expect(texts).toEqual(['a\n', '\n1 dropped\nb\n'])
    vi.runAllTimers()
    expect(texts.at(-1)).toBe('\n2 dropped\nc\n')
    end()
    writer.write('d\n')
    expect(texts.at(-1)).toBe('d\n')
    vi.useRealTimers()
  })

  it('is dropped where a mebibyte waits already', () => {
    const { texts, writeText, end } = place()
    const writer = new LineWriter(writeText, notice)
    writer.write('first\n')
    for (let count = 0; count < 20; count += 1) writer.write(`${'x'.repeat(99_999)}\n`)
    end()
    expect(texts[1]).toMatch(/^10 dropped\n(?:x+\n){10}$/)
  })
})

describe('flushed', () => {
  it('ends when all is out, when it cannot be written, and when nobody takes it', async () => {
    const { writeText, end } = place()
    const writer = new LineWriter(writeText, notice)
    await writer.flushed(60_000)
    writer.write('a\n')
    const out = writer.flushed(60_000)
    end()
    await out
    writer.write('b\n')
    const failed = writer.flushed(60_000)
    end(full)
    await failed
    writer.write('c\n')
    await writer.flushed(10)
  })
})

describe('the log', () => {
  it('goes on beside a descriptor that takes nothing, and is whole in one that does', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wheelseal-log-'))
    const path = join(folder, 'log')
    const good = openSync(path, 'w')
    const unwritable = openSync(path, 'r')
    const lost = await jsonLog(fileText(unwritable))
    for (let count = 0; count < 100; count += 1) lost.event('lost')
    await lost.flushed(60_000)
    const kept = await jsonLog(fileText(good))
    for (let count = 0; count < 100; count += 1) kept.event('kept', { count })
    await kept.flushed(60_000)
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
    expect(lines.map((line) => (JSON.parse(line) as { count: number }).count)).toEqual([...lines.keys()])
    expect(lines).toHaveLength(100)
    for (const fd of [good, unwritable]) closeSync(fd)
    rmSync(folder, { recursive: true })
  })

  it('says how many lines were dropped', async () => {
    vi.useFakeTimers()
    const { texts, writeText, end } = place()
    const log = await jsonLog(writeText)
    log.event('lost')
    end(full)
    log.failure('seen', new Error('x'))
    vi.runAllTimers()
    vi.useRealTimers()
    const said = texts
      .at(-1)!
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object)
    expect(said).toMatchObject([{ event: 'log.dropped', lines: 1 }, { event: 'seen' }])
  })
})
