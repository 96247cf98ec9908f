import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { utf8, utf8Decode, type Files } from '../../base/index.ts'
import { editedText, type LintReport } from '../../lint/index.ts'

export interface FixedFile {
  readonly path: string
  readonly before: string
  readonly after: string
}

const MAX_BYTES = 4 << 20

/** The files that the edits of the findings change, and what becomes of them. Nothing is written. */
export function plannedFixes({ findings, project }: LintReport): readonly FixedFile[] {
  const edits = findings.flatMap(({ hits }) => hits.flatMap((hit) => hit.edits ?? []))
  return [...new Set(edits.map(({ file }) => file))].toSorted().flatMap((path) => {
    const before = project.files.get(path)?.text
    if (before === undefined) return []
    const after = editedText(
      before,
      edits.filter(({ file }) => file === path),
    )
    return after === before ? [] : [{ path, before, after }]
  })
}

export interface WrittenFixes {
  readonly written: readonly string[]
  /** Changed by somebody since they were read: left as they are. */
  readonly changed: readonly string[]
}

/** Each file whole or not at all, and only if it still is what was looked at. */
export async function writeFixes(
  fixes: readonly FixedFile[],
  { folder, files }: { readonly folder: string; readonly files: Files },
): Promise<WrittenFixes> {
  const [written, changed]: [string[], string[]] = [[], []]
  for (const { path, before, after } of fixes) {
    const place = join(folder, path)
    const now = await files.readIfThere(place, MAX_BYTES, 'regular file')
    if (now === undefined || utf8Decode(now) !== before || utf8(before).length !== now.length) {
      changed.push(path)
      continue
    }
    const { mode } = await stat(place)
    await files.writeAtomic(place, utf8(after), mode & 0o777)
    written.push(path)
  }
  return { written, changed }
}
