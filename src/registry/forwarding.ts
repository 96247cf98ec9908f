import { normalizeName } from '../formats/python/index.ts'
import { registryErrors } from './errors.ts'
import type { Forwarding } from './store.ts'

const MAX_NAMES = 1000
const MAX_URL_LENGTH = 2048

/** Normalises names and URL. Throws `registry.forwarding`, `python.name`. */
export function checkForwarding({ indexUrl, names }: Forwarding): Forwarding {
  if (names === 'all') return { indexUrl: checkIndexUrl(indexUrl), names }
  if (names.length > MAX_NAMES)
    throw registryErrors('registry.forwarding', `${names.length} names; the limit is ${MAX_NAMES}`)
  return { indexUrl: checkIndexUrl(indexUrl), names: [...new Set(names.map(normalizeName))].toSorted() }
}

/** Whoever may read the project sees this URL, so it holds no credential. */
function checkIndexUrl(text: string): string {
  const url = URL.canParse(text) && text.length <= MAX_URL_LENGTH ? new URL(text) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol))
    throw registryErrors('registry.forwarding', 'the index is not an http or https URL')
  if (url.username !== '' || url.password !== '')
    throw registryErrors('registry.forwarding', `the URL of the index at ${url.host} contains credentials`)
  if (url.search !== '' || url.hash !== '')
    throw registryErrors(
      'registry.forwarding',
      `the URL of the index at ${url.host} has a query or a fragment`,
    )
  return url.href.replace(/\/+$/, '')
}

export function forwardedUrl(forwarding: Forwarding | undefined, name: string): string | undefined {
  if (forwarding === undefined) return undefined
  const { indexUrl, names } = forwarding
  return names === 'all' || names.includes(name) ? `${indexUrl}/${name}/` : undefined
}
