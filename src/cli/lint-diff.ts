import type { FixedFile } from '../client/lint/index.ts'

/** A fix takes whole lines out, or changes one: no more than this many in a row. */
const LOOK_AHEAD = 4

/** `-` and `+` lines of a fix, each group under its place. */
export function diffLines({ path, before, after }: FixedFile): readonly string[] {
  const [old, made] = [before.split('\n'), after.split('\n')]
  const lines = [`--- ${path}`, `+++ ${path}`]
  let other = 0
  let last = -1
  for (let at = 0; at < old.length; at += 1) {
    if (old[at] === made[other]) {
      other += 1
      continue
    }
    if (last < at - 1 || last < 0) lines.push(`@@ line ${at + 1} @@`)
    last = at
    lines.push(`-${old[at]}`)
    // What comes back soon was only behind lines that are gone.
    if (!old.slice(at + 1, at + LOOK_AHEAD).includes(made[other] ?? '')) lines.push(`+${made[other++] ?? ''}`)
  }
  return lines
}
