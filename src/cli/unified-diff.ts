/** A file as it is, and as it is to be. */
export interface DiffFile {
  readonly path: string
  /** Undefined: there is no such file. */
  readonly before: string | undefined
  readonly after: string
}

interface Line {
  readonly kind: ' ' | '-' | '+'
  readonly text: string
}

const CONTEXT = 3
const NO_NEWLINE = String.raw`\ No newline at end of file`
/** With more lines that differ, all from the first to the last count as changed: the search takes the square of it. */
const MAX_DIFFERENT = 500

/** As `diff -u` and git write it: `git apply` takes it, byte for byte. */
export function unifiedDiff({ path, before, after }: DiffFile): readonly string[] {
  const lines = compared(linesOf(before ?? ''), linesOf(after))
  const head = [before === undefined ? '--- /dev/null' : `--- a/${path}`, `+++ b/${path}`]
  return lines.some(({ kind }) => kind !== ' ') ? [...head, ...hunksOf(lines)] : []
}

/** The last has its mark with it where no line break ends it. */
function linesOf(text: string): readonly string[] {
  const lines = text.split('\n')
  const last = lines.pop()
  return last === '' || last === undefined ? lines : [...lines, `${last}\n${NO_NEWLINE}`]
}

function compared(before: readonly string[], after: readonly string[]): readonly Line[] {
  let start = 0
  while (start < before.length && before[start] === after[start]) start += 1
  let end = 0
  const rest = Math.min(before.length, after.length) - start
  while (end < rest && before.at(-1 - end) === after.at(-1 - end)) end += 1
  const same = (lines: readonly string[]): readonly Line[] => lines.map((text) => ({ kind: ' ', text }))
  return [
    ...same(before.slice(0, start)),
    ...shortest(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...same(before.slice(before.length - end)),
  ]
}

type Frontier = ReadonlyMap<number, number>

/** The shortest edit script, by E. W. Myers, "An O(ND) Difference Algorithm", 1986, figure 2. */
function shortest(before: readonly string[], after: readonly string[]): readonly Line[] {
  const trace: Frontier[] = []
  const reached = new Map([[1, 0]])
  for (let different = 0; different <= MAX_DIFFERENT; different += 1) {
    trace.push(new Map(reached))
    for (let diagonal = -different; diagonal <= different; diagonal += 2) {
      const from = stepFrom(reached, { diagonal, different })
      let x = (reached.get(from) ?? 0) + (from < diagonal ? 1 : 0)
      while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal]) x += 1
      reached.set(diagonal, x)
      if (x >= before.length && x - diagonal >= after.length) return walkedBack(trace, before, after)
    }
  }
  return [
    ...before.map((text): Line => ({ kind: '-', text })),
    ...after.map((text): Line => ({ kind: '+', text })),
  ]
}

interface Step {
  readonly diagonal: number
  readonly different: number
}

/** The diagonal that a step to another one comes from: the farther of its neighbours. */
function stepFrom(reached: Frontier, { diagonal, different }: Step): number {
  const [below = -1, above = -1] = [reached.get(diagonal - 1), reached.get(diagonal + 1)]
  const isDown = diagonal === -different || (diagonal !== different && below < above)
  return isDown ? diagonal + 1 : diagonal - 1
}

function walkedBack(
  trace: readonly Frontier[],
  before: readonly string[],
  after: readonly string[],
): readonly Line[] {
  const lines: Line[] = []
  let [x, y] = [before.length, after.length]
  for (const [different, reached] of [...trace.entries()].toReversed()) {
    const from = stepFrom(reached, { diagonal: x - y, different })
    const fromX = reached.get(from) ?? 0
    const fromY = fromX - from
    for (; x > fromX && y > fromY; x -= 1, y -= 1) lines.push({ kind: ' ', text: before[x - 1] ?? '' })
    if (different === 0) break
    if (x === fromX) lines.push({ kind: '+', text: after[y - 1] ?? '' })
    else lines.push({ kind: '-', text: before[x - 1] ?? '' })
    ;[x, y] = [fromX, fromY]
  }
  return lines.toReversed()
}

/** Changes with the lines around them; two that are near stand in one. */
function hunksOf(lines: readonly Line[]): readonly string[] {
  const shown: string[] = []
  let [old, made] = [1, 1]
  for (let at = 0; at < lines.length;) {
    const end = hunkEnd(lines, at)
    const hunk = end === undefined ? lines.slice(at, at + 1) : lines.slice(at, end)
    if (end !== undefined) shown.push(headOf(hunk, { old, made }))
    if (end !== undefined) for (const line of hunk.flatMap(written)) shown.push(line)
    old += hunk.filter(({ kind }) => kind !== '+').length
    made += hunk.filter(({ kind }) => kind !== '-').length
    at += hunk.length
  }
  return shown
}

/** The end of the hunk that begins at a line; undefined where none begins. */
function hunkEnd(lines: readonly Line[], start: number): number | undefined {
  const isChange = ({ kind }: Line): boolean => kind !== ' '
  if (!lines.slice(start, start + CONTEXT + 1).some(isChange)) return undefined
  let last = start
  for (let at = start; at < lines.length && at <= last + 2 * CONTEXT + 1; at += 1)
    if (lines[at]?.kind !== ' ') last = at
  return Math.min(last + CONTEXT + 1, lines.length)
}

function headOf(
  hunk: readonly Line[],
  { old, made }: { readonly old: number; readonly made: number },
): string {
  const range = (start: number, without: Line['kind']): string => {
    const count = hunk.filter(({ kind }) => kind !== without).length
    return `${count === 0 ? start - 1 : start},${count}`
  }
  return `@@ -${range(old, '+')} +${range(made, '-')} @@`
}

function written({ kind, text }: Line): readonly string[] {
  return `${kind}${text}`.split('\n')
}
