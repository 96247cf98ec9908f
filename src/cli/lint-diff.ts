import type { FixedFile } from '../client/lint/index.ts'

/** A fix takes whole lines out, or changes one: no more than this many in a row. */
const LOOK_AHEAD = 4

/** `-` and `+` lines of a fix, each group under its place. */
export function diffLines({ path, before, after }: FixedFile): readonly string[] {
  const [old, made] = [before.split('\n'), after.split('\n')]
  const lines = [`--- ${path}`, `+++ ${path}`]
  let [at, other] = [0, 0]
  let isOpen = false
  while (at < old.length || other < made.length) {
    if (old[at] === made[other] && at < old.length) {
      isOpen = false
      at += 1
      other += 1
      continue
    }
    if (!isOpen) lines.push(`@@ line ${at + 1} @@`)
    isOpen = true
    const removed = old.slice(at + 1, at + LOOK_AHEAD).indexOf(made[other] ?? '')
    const count = removed < 0 || other >= made.length ? 1 : removed + 1
    lines.push(...old.slice(at, at + count).map((line) => `-${line}`))
    at += count
    if (removed < 0 && other < made.length) lines.push(`+${made[other++]}`)
  }
  return lines
}
