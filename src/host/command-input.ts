import { fstatSync, readSync, type Stats } from 'node:fs'
import type { Files } from '../base/index.ts'
import { hostErrors } from './errors.ts'
import { createFiles } from './files.ts'
import { closeInput, isWaiting, openInputNow, partBytes, partsOf, type Input } from './input.ts'

/** What one run of a command reads. */
export interface CommandInput {
  readonly files: Files
  readonly standardInput: () => AsyncIterable<Uint8Array>
}

/** Larger files are read by a thread, while the part before is used. */
const SMALL_BYTES = 256 << 10

/**
 * For a command that has nothing else to do. Handing one small file to a thread and back takes several times what
 * reading it does; a server must not wait like this. Each pipe is read once in a run: what is left in one that was
 * read is nothing, which must not pass for an empty file.
 */
export function createCommandInput(): CommandInput {
  const taken = new Set<string>()
  const open = async (path: string): Promise<Input> => {
    const input = openInputNow(path)
    try {
      if (input.stats.isFIFO()) take(path, input.stats, taken)
      return input
    } catch (error) {
      closeInput(input)
      throw error
    }
  }
  return {
    files: createFiles({ open, parts: (input) => (isSmall(input) ? readNow(input) : partsOf(input)) }),
    standardInput: async function* standardInput() {
      take('standard input', fstatSync(process.stdin.fd), taken)
      yield* process.stdin
    },
  }
}

function take(path: string, { dev, ino }: Stats, taken: Set<string>): void {
  const pipe = `${dev}:${ino}`
  if (taken.has(pipe)) throw hostErrors('host.pipe', `${path} was already read; a pipe can be read only once`)
  taken.add(pipe)
}

function isSmall(input: Input): boolean {
  return input.stats.size <= SMALL_BYTES && !isWaiting(input)
}

async function* readNow(input: Input): AsyncGenerator<Uint8Array> {
  try {
    for (;;) {
      const part = new Uint8Array(partBytes(input.stats))
      const count = readSync(input.descriptor, part)
      if (count === 0) return
      yield part.subarray(0, count)
    }
  } finally {
    closeInput(input)
  }
}
