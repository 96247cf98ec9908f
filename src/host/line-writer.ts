import { write } from 'node:fs'

const MAX_WAITING_CHARACTERS = 1024 * 1024
const RETRY_MS = 1_000

/** Hands text over and calls back once, without an error when all of it is out. */
export type WriteText = (text: string, done: (error?: Error | null) => void) => void

/**
 * Lines for a place that may be full, gone or slow, which must stop nobody's work: what cannot be written is dropped and
 * counted. `noticeOf` makes the line that says how many, which goes before the next that gets through.
 */
export class LineWriter {
  readonly #writeText: WriteText
  readonly #noticeOf: (lines: number) => string
  #waiting: string[] = []
  #characters = 0
  #dropped = 0
  #isBusy = false
  #isHalfALine = false
  #whenDone: (() => void)[] = []

  constructor(writeText: WriteText, noticeOf: (lines: number) => string) {
    this.#writeText = writeText
    this.#noticeOf = noticeOf
  }

  /** One line with its end. Never throws, never waits. */
  write(line: string): void {
    if (this.#characters + line.length > MAX_WAITING_CHARACTERS) {
      this.#dropped += 1
      return
    }
    this.#waiting.push(line)
    this.#characters += line.length
    if (!this.#isBusy) this.#begin()
  }

  /** When what waits is written, or was dropped; at the latest after `maxMs`. */
  async flushed(maxMs: number): Promise<void> {
    if (!this.#isBusy) return
    await new Promise<void>((resolve) => {
      this.#whenDone.push(resolve)
      setTimeout(resolve, maxMs)
    })
  }

  #begin(): void {
    this.#isBusy = true
    const [lines, dropped] = [this.#waiting, this.#dropped]
    const notice = dropped === 0 ? '' : this.#noticeOf(dropped)
    this.#waiting = []
    this.#characters = 0
    this.#dropped = 0
    this.#writeText(`${this.#isHalfALine ? '\n' : ''}${notice}${lines.join('')}`, (error) => {
      this.#isHalfALine = error instanceof Error
      if (error instanceof Error) this.#failed(lines.length + dropped)
      else this.#next()
    })
  }

  #failed(lines: number): void {
    this.#dropped += lines
    // Meanwhile lines wait, and are dropped when they are too many.
    setTimeout(() => this.#next(), RETRY_MS).unref()
    for (const done of this.#whenDone.splice(0)) done()
  }

  #next(): void {
    if (this.#waiting.length > 0) return this.#begin()
    this.#isBusy = false
    for (const done of this.#whenDone.splice(0)) done()
  }
}

/** A file or a terminal. Not by `process.stderr`, which waits for these and throws when they are full. */
export function fileText(fd: number): WriteText {
  const rest = (bytes: Buffer, done: (error?: Error | null) => void): void =>
    write(fd, bytes, (error, written) => {
      if (error !== null || written >= bytes.length) done(error)
      else rest(bytes.subarray(written), done)
    })
  return (text, done) => rest(Buffer.from(text), done)
}
