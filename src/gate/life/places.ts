import { WheelsealError } from '../../base/index.ts'
import { otherSdistName, parseFileName } from '../../formats/python/index.ts'
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
function fileNameIn(path: string): string | undefined {
  return decoded(path.slice(path.lastIndexOf('/') + 1))
}

/** The package that the file name at the end of a path says, normalised; undefined for what is no distribution. */
export function packageIn(path: string): string | undefined {
  try {
    const parsed = parseFileName(fileNameIn(path) ?? '')
    return otherSdistName(parsed) === undefined ? parsed.name : undefined
  } catch (error) {
    if (!(error instanceof WheelsealError)) throw error
    return undefined
  }
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}
