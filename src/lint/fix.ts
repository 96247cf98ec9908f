import type { Edit } from './finding.ts'

/** The files with the edits made, from the end of each to its beginning. Of edits that overlap the first counts. */
export function applyEdits(
  files: Readonly<Record<string, string>>,
  edits: readonly Edit[],
): Readonly<Record<string, string>> {
  const changed = { ...files }
  for (const path of new Set(edits.map(({ file }) => file))) {
    const text = files[path]
    if (text !== undefined)
      changed[path] = editedText(
        text,
        edits.filter(({ file }) => file === path),
      )
  }
  return changed
}

export function editedText(text: string, edits: readonly Edit[]): string {
  const parts: string[] = []
  let done = 0
  for (const { from, to, text: put } of edits.toSorted((a, b) => a.from - b.from || a.to - b.to)) {
    if (from < done) continue
    parts.push(text.slice(done, from), put)
    done = to
  }
  return parts.join('') + text.slice(done)
}
