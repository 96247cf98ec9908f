import type { KeyObject } from 'node:crypto'
import { describeError, parseJson, WheelsealError, type Http, type JsonValue } from '../../base/index.ts'
import { parseKeySet } from '../../identity/index.ts'
import { authorityErrors } from './errors.ts'

const WELL_KNOWN = '/.well-known/openid-configuration'
const MAX_DISCOVERY_BYTES = 64 * 1024
const MAX_KEY_SET_BYTES = 256 * 1024
const TIMEOUT_MS = 5_000

/**
 * OpenID Connect Discovery §4: the document at the issuer's URL, then the key set that it names, which must be on the
 * issuer's own origin. No redirect is followed. Throws `authority.issuer-keys`.
 */
export async function fetchKeys(url: string, http: Http): Promise<ReadonlyMap<string, KeyObject>> {
  try {
    const document = await get(http, url + WELL_KNOWN, MAX_DISCOVERY_BYTES)
    const keySetUrl = readDocument(parseJson(document, { maxLength: MAX_DISCOVERY_BYTES }), url)
    return parseKeySet(await get(http, keySetUrl, MAX_KEY_SET_BYTES))
  } catch (cause) {
    if (!(cause instanceof WheelsealError)) throw cause
    throw authorityErrors('authority.issuer-keys', `${url}: ${describeError(cause)}`, { cause })
  }
}

async function get(http: Http, url: string, maxBytes: number): Promise<string> {
  const headers = { accept: 'application/json' }
  const response = await http.request({ method: 'GET', url, headers, timeoutMs: TIMEOUT_MS })
  if (response.status === 200) return response.text(maxBytes)
  await response.bytes(maxBytes).catch(() => undefined)
  throw refused(`${url} answered HTTP ${response.status}`)
}

/** Throws unless the document is that of the issuer, byte for byte (§4.3), and its tokens can be RS256. */
function readDocument(json: JsonValue, url: string): string {
  const { issuer, jwks_uri: keySetUrl, id_token_signing_alg_values_supported: algorithms } = membersOf(json)
  if (issuer !== url) throw refused(`the discovery document has issuer ${shown(issuer)}`)
  if (Array.isArray(algorithms) && !algorithms.includes('RS256'))
    throw refused('the discovery document does not list RS256')
  if (typeof keySetUrl === 'string' && isOfOrigin(keySetUrl, new URL(url).origin)) return keySetUrl
  throw refused(`jwks_uri is ${shown(keySetUrl)}, not on the issuer's own origin`)
}

function membersOf(json: JsonValue): Readonly<Record<string, JsonValue>> {
  if (typeof json === 'object' && json !== null && !Array.isArray(json))
    return json as Readonly<Record<string, JsonValue>>
  throw refused('the discovery document is not a JSON object')
}

function shown(value: JsonValue | undefined): string {
  return value === undefined ? 'missing' : JSON.stringify(value).slice(0, 120)
}

function isOfOrigin(text: string, origin: string): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  return url.origin === origin && url.username === '' && url.password === ''
}

function refused(fact: string): WheelsealError {
  return authorityErrors('authority.issuer-keys', fact)
}
