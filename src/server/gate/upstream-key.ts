import { sha256Hex } from '../../base/index.ts'
import type { IndexPlace, UpstreamLogin } from './configuration.ts'

/**
 * Of what decides which pages and seals are found: the same place, the same facts. With another login it is another place:
 * what one of two gates may see, the other must neither show nor take for gone.
 */
export function indexKey(
  { url, seals, provenanceUrl }: Pick<IndexPlace, 'url' | 'seals' | 'provenanceUrl'>,
  login?: Pick<UpstreamLogin, 'username'>,
): string {
  return keyOf([url, seals, provenanceUrl ?? null, ...(login === undefined ? [] : [login.username])])
}

export function registryKey(path: string): string {
  return keyOf(['registry', path])
}

function keyOf(parts: readonly (string | null)[]): string {
  return sha256Hex(JSON.stringify(parts)).slice(0, 16)
}
