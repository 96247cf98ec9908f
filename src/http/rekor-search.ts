import { Hono } from 'hono'
import * as v from 'valibot'
import { decodeBase64, utf8, type JsonValue, type Log } from '../base/index.ts'
import { canonicalKeyPem } from '../formats/sigstore/index.ts'
import { publicKeyText, rekorErrors, type Rekor } from '../trust/rekor/index.ts'
import { readJsonBody } from './body.ts'
import { httpErrors } from './errors.ts'
import { failures } from './failures.ts'
import { renderRekor } from './rekor.ts'
import { anyone, routesOn, type Bindings } from './route.ts'

const MAX_BODY_BYTES = 128 * 1024
const HASH = /^(?:sha(?<bits>1|256|512):)?(?<hex>[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})$/i
const BITS: Readonly<Record<number, string>> = { 40: '1', 64: '256', 128: '512' }

const Search = v.nullable(
  v.object({
    hash: v.nullish(v.string()),
    email: v.nullish(v.string()),
    publicKey: v.nullish(
      v.object({ format: v.string(), content: v.nullish(v.string()), url: v.nullish(v.string()) }),
    ),
    operator: v.nullish(v.string()),
  }),
  {},
)

type Search = NonNullable<v.InferOutput<typeof Search>>

/** Rekor v1's search (openapi.yaml of rekor 1.5, SearchIndex): UUIDs by hash or by key. Nothing is found by a name. */
export function rekorSearchRoutes(rekor: Rekor, log: Log): Hono<Bindings> {
  const app = new Hono<Bindings>()
  const route = routesOn(app)
  app.onError(failures(log, renderRekor))
  route.post('/api/v1/index/retrieve', anyone, async (context) => {
    const search = readSearch(await readJsonBody(context, MAX_BODY_BYTES))
    const lists = await Promise.all(
      textsOf(search).map(async (text) => (text === undefined ? [] : rekor.search(text))),
    )
    const found = search.operator === 'and' ? common(lists) : [...new Set(lists.flat())]
    return context.json(found as string[])
  })
  return app
}

function readSearch(json: JsonValue): Search {
  const read = v.safeParse(Search, json, { abortEarly: true })
  if (!read.success) throw httpErrors('http.body-shape', read.issues[0].message)
  const search = read.output ?? {}
  if (![undefined, null, '', 'and', 'or'].includes(search.operator))
    throw rekorErrors('rekor.query', "operator must be 'and' or 'or'")
  return search
}

/** Undefined texts are of what no entry of this log has: an address, an algorithm. */
function textsOf({ hash, email, publicKey }: Search): (string | undefined)[] {
  return [
    ...(hash === undefined || hash === null ? [] : [hashText(hash)]),
    ...(email === undefined || email === null ? [] : [undefined]),
    ...(publicKey === undefined || publicKey === null ? [] : [keyText(publicKey)]),
  ]
}

function hashText(hash: string): string | undefined {
  const { bits, hex = '' } = HASH.exec(hash)?.groups ?? {}
  const length = BITS[hex.length]
  if (length === undefined || (bits !== undefined && bits !== length))
    throw rekorErrors('rekor.query', 'hash must be sha256:HEX, sha512:HEX or sha1:HEX')
  return `sha${length}:${hex.toLowerCase()}`
}

/** A key is never fetched: what a URL leads to is nobody's word here. */
function keyText({ format, content, url }: NonNullable<Search['publicKey']>): string {
  if (format !== 'x509' || typeof content !== 'string' || (url ?? '') !== '')
    throw rekorErrors('rekor.query', 'publicKey must have the format x509 and base64 content')
  return publicKeyText(utf8(canonicalKeyPem(decodeBase64(content), 'publicKey.content')))
}

function common(lists: readonly (readonly string[])[]): readonly string[] {
  const [first = [], ...others] = lists
  return first.filter((uuid) => others.every((list) => list.includes(uuid)))
}
