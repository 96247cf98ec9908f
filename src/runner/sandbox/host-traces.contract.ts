import { readdirSync, readFileSync } from 'node:fs'
import { systemEntropy } from '../../host/index.ts'

/** For tests: so many seconds to sleep that no other process of the machine sleeps as long. */
export function marker(): string {
  return String(1_000_000 + Buffer.from(systemEntropy.bytes(4)).readUInt32BE())
}

export function isRunning(seconds: string): boolean {
  const numbers = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return numbers.some((number) => commandOf(number).includes(`sleep ${seconds}`))
}

function commandOf(number: string): string {
  try {
    return readFileSync(`/proc/${number}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}
