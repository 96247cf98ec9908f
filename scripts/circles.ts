/** Circles of files that import each other, values or types: a reader of one of them must read all. */

/** One circle for each file at most, as `a.ts → b.ts → a.ts`; a file that was told of already is not told again. */
export function findCircles(arrows: readonly { readonly from: string; readonly target: string }[]): string[] {
  const targets = new Map<string, string[]>()
  for (const { from, target } of arrows) targets.set(from, [...(targets.get(from) ?? []), target])
  const told = new Set<string>()
  const circles: string[] = []
  for (const file of [...targets.keys()].toSorted()) {
    const circle = told.has(file) ? undefined : shortestCircle(targets, file)
    if (circle === undefined) continue
    for (const member of circle) told.add(member)
    circles.push(circle.join(' → '))
  }
  return circles
}

/** From the file back to itself, breadth first. */
function shortestCircle(
  targets: ReadonlyMap<string, readonly string[]>,
  start: string,
): string[] | undefined {
  const cameFrom = new Map<string, string>()
  const queue = [start]
  for (const file of queue) {
    for (const target of targets.get(file) ?? []) {
      if (target === start) return [start, ...wayTo(cameFrom, file), start]
      if (cameFrom.has(target)) continue
      cameFrom.set(target, file)
      queue.push(target)
    }
  }
  return undefined
}

/** Behind the start, which came from nowhere. */
function wayTo(cameFrom: ReadonlyMap<string, string>, end: string): string[] {
  const way: string[] = []
  for (let file = end; cameFrom.has(file); file = cameFrom.get(file) ?? '') way.unshift(file)
  return way
}
