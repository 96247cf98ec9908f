import { sha256Hex, utf8 } from '../../base/index.ts'
import type { Finding, Hit } from '../finding.ts'
import type { Project } from '../project/project.ts'

export interface Fingerprinted {
  readonly finding: Finding
  readonly hit: Hit
  /** The same while rule, file and the text of the line are, wherever the line moves. */
  readonly fingerprint: string
}

/** Every place of every finding. Of equal lines each has its own: they are counted. */
export function fingerprinted(
  findings: readonly Finding[],
  { files }: Pick<Project, 'files'>,
): readonly Fingerprinted[] {
  const seen = new Map<string, number>()
  return findings.flatMap((finding) =>
    finding.hits.map((hit) => {
      const line = files.get(hit.file)?.line(hit.line).trim() ?? ''
      const key = JSON.stringify([finding.rule, hit.file, line])
      const count = seen.get(key) ?? 0
      seen.set(key, count + 1)
      return { finding, hit, fingerprint: sha256Hex(utf8(JSON.stringify([key, count]))) }
    }),
  )
}
