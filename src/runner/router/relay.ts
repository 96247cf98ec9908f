import type { Duplex } from 'node:stream'

/**
 * Each side's bytes to the other, no faster than that one takes them. The end of one direction is passed on and leaves
 * the other open, as TCP has it; an error, and a side that goes away before its time, end both.
 */
export function relay(one: Duplex, other: Duplex): void {
  const cut = (): void => {
    one.destroy()
    other.destroy()
  }
  for (const side of [one, other]) {
    side.on('error', cut)
    side.on('close', () => {
      if (!side.readableEnded || !side.writableFinished) cut()
    })
  }
  one.pipe(other)
  other.pipe(one)
}
