import type { SourceMap } from '../nodes.ts'
import { startOf, type Report } from '../report.ts'
import { parseYaml } from './yaml.ts'

/** The files of the commit whose pipeline is planned. */
export interface Sources {
  /** `path` from the root of the repository. Rejects only for what no change of a file can mend: the disk, the network. */
  read(path: string): Promise<SourceText>
}

export type SourceText = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'absent' }

/** Files that are at hand, by their paths. */
export function textSources(texts: ReadonlyMap<string, string>): Sources {
  return {
    read: async (path) => {
      const text = texts.get(path)
      return text === undefined ? { kind: 'absent' } : { kind: 'text', text }
    },
  }
}

/**
 * The files that make up the pipeline, in the order in which they are merged, the one that was asked for last. It is
 * the only one: `include` is refused where the file's keywords are read. Without a file there is a problem.
 */
export async function readSources(
  file: string,
  { sources, report }: { readonly sources: Sources; readonly report: Report },
): Promise<readonly SourceMap[]> {
  const source = await sources.read(file)
  if (source.kind === 'absent') {
    report.problem(startOf(file), 'ciconfig.absent', 'the file does not exist')
    return []
  }
  const root = parseYaml(file, source.text, report)
  return root === undefined ? [] : [root]
}
