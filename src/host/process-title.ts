import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'

/**
 * Gives the process a name in place of its arguments, which every user of the machine can read (proc(5), `cmdline`): a
 * token among them is gone. Node writes the name over the arguments, Bun only remembers it; there the memory of this
 * process is written to, by its place in `/proc/self/stat`. The arguments must have been read before.
 */
export function hideArguments(title: string): void {
  process.title = title
  if (process.platform !== 'linux') return
  try {
    if (shownArguments() !== title) overwriteArguments(title)
  } catch {
    // Without /proc nobody else reads the arguments there either.
  }
}

function shownArguments(): string {
  return readFileSync('/proc/self/cmdline', 'latin1').replace(/\0+$/, '')
}

/** Fields 48 and 49 of proc(5): where the arguments begin and end. Field 2 is a name, in brackets, of any characters. */
function overwriteArguments(title: string): void {
  const stat = readFileSync('/proc/self/stat', 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [start, end] = [Number(fields[48 - 3]), Number(fields[49 - 3])]
  if (!Number.isSafeInteger(start) || !(start > 0 && end > start)) return
  const name = Buffer.alloc(end - start)
  name.write(title.slice(0, name.length - 1), 'latin1')
  const memory = openSync('/proc/self/mem', 'r+')
  try {
    writeSync(memory, name, 0, name.length, start)
  } finally {
    closeSync(memory)
  }
}
