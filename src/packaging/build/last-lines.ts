const MAX_LINE_LENGTH = 500

/** The last lines of what a program printed, whatever it prints: the rest is not kept. */
export interface LastLines {
  add(chunk: Uint8Array): void
  lines(): readonly string[]
}

/** `onLine` gets each line that is complete. */
export function lastLines(count: number, onLine: (line: string) => void = () => undefined): LastLines {
  const decoder = new TextDecoder()
  const kept: string[] = []
  let open = ''
  const keep = (line: string): void => {
    if (line.trim() === '') return
    kept.push(line)
    if (kept.length > count) kept.shift()
    onLine(line)
  }
  return {
    add: (chunk) => {
      const [first = '', ...more] = decoder.decode(chunk, { stream: true }).split('\n')
      open = cut(open + first)
      for (const part of more) {
        keep(open)
        open = cut(part)
      }
    },
    lines: () => (open.trim() === '' ? [...kept] : [...kept, open].slice(-count)),
  }
}

function cut(line: string): string {
  return line.length > MAX_LINE_LENGTH ? `${line.slice(0, MAX_LINE_LENGTH)}…` : line
}
