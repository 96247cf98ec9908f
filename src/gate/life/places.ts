import type { KnownFile } from '../facts.ts'

/**
 * The path of a file below that of its upstream at this gate: the path of the upstream's own URL, so that one prefix
 * replaced turns a lock made here into one of the upstream and back. It ends with the name of the file.
 */
export function pathOf({ url, fileName }: Pick<KnownFile, 'url' | 'fileName'>): string {
  const path = new URL(url).pathname.slice(1)
  const last = path.slice(path.lastIndexOf('/') + 1)
  return decoded(last) === fileName ? path : `${path}/${encodeURIComponent(fileName)}`
}

/** The name at the end of a path, decoded once: who decodes twice reads another name (CVE-2026-13346). */
export function fileNameIn(path: string): string | undefined {
  return decoded(path.slice(path.lastIndexOf('/') + 1))
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}
