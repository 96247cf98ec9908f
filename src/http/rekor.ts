import { type Context, Hono } from 'hono'
import { setImmediate as othersTurn } from 'node:timers/promises'
import * as v from 'valibot'
import { describeError, encodeHex, type JsonValue, type Log } from '../base/index.ts'
import { formatLogEntry, parseEntryUuid, type LogEntry } from '../formats/sigstore/index.ts'
import { DuplicateEntryError, readProposal, rekorErrors, type Rekor } from '../trust/rekor/index.ts'
import { readJsonBody } from './body.ts'
import { httpErrors } from './errors.ts'
import { failures, type ClientFailure } from './failures.ts'
import { sayInStatusLine } from './reason-phrase.ts'
import { anyone, routesOn, type Bindings, type Routes } from './route.ts'

const ENTRIES = '/api/v1/log/entries'
/** An attestation of 5 MB is some seven in base64. The log keeps its hash alone. */
const DEFAULT_MAX_ENTRY_BYTES = 8 * 1024 * 1024
const MAX_QUERY_BYTES = 1024 * 1024
const MAX_QUERIES = 10
const UUID = /^(?:[0-9a-f]{16})?[0-9a-f]{64}$/i
const TREE_ID = /^[0-9]{1,20}$/
const INDEX = /^(?:0|[1-9][0-9]{0,15})$/

/** Types only: as in stock Rekor, a wrong type is 400 and a value out of bounds is 422. */
const Query = v.nullable(
  v.object({
    entryUUIDs: v.nullish(v.array(v.string()), []),
    logIndexes: v.nullish(v.array(v.pipe(v.number(), v.safeInteger())), []),
    entries: v.nullish(v.array(v.unknown()), []),
  }),
  { entryUUIDs: [], logIndexes: [], entries: [] },
)

/** Rekor v1's API (openapi.yaml of rekor 1.5), as far as signing and verifying clients use it. */
export function rekorRoutes(rekor: Rekor, log: Log, maxEntryBytes = DEFAULT_MAX_ENTRY_BYTES): Hono<Bindings> {
  const app = new Hono<Bindings>()
  const route = routesOn(app)
  app.onError(onError(log))
  entryRoutes(route, rekor, maxEntryBytes)
  treeRoutes(route, rekor)
  return app
}

function entryRoutes(route: Routes, rekor: Rekor, maxEntryBytes: number): void {
  route.post(ENTRIES, anyone, async (context) => {
    const entry = await rekor.create(readProposal(await readJsonBody(context, maxEntryBytes)))
    // Step 10 of docs/design/log.md. cosign 3 takes the UUID from this header and fails on quotes around it.
    return context.json(formatLogEntry(entry) as object, 201, {
      ETag: entry.uuid,
      Location: `${ENTRIES}/${entry.uuid}`,
    })
  })
  route.get(`${ENTRIES}/:uuid`, anyone, async (context) =>
    answer(context, await rekor.byUuid(readUuid(context.req.param('uuid')))),
  )
  route.get(ENTRIES, anyone, async (context) => {
    const index = context.req.query('logIndex') ?? ''
    if (!INDEX.test(index)) throw rekorErrors('rekor.query', 'logIndex is not a number')
    return answer(context, await rekor.byIndex(Number(index)))
  })
  for (const path of [`${ENTRIES}/retrieve`, `${ENTRIES}/retrieve/`]) {
    route.post(path, anyone, async (context) => {
      const found = await retrieve(rekor, await readJsonBody(context, MAX_QUERY_BYTES))
      return context.json(found.map((entry) => formatLogEntry(entry)) as object[])
    })
  }
}

function treeRoutes(route: Routes, rekor: Rekor): void {
  route.get('/api/v1/log', anyone, async (context) => {
    const { size, root, checkpoint } = await rekor.info()
    const head = { rootHash: encodeHex(root), treeSize: size, signedTreeHead: checkpoint }
    return context.json({ ...head, treeID: String(rekor.treeId), inactiveShards: [] })
  })
  route.get('/api/v1/log/proof', anyone, async (context) => {
    const [first, last] = [sizeOf(context, 'firstSize', '1'), sizeOf(context, 'lastSize', '')]
    checkTreeId(context, rekor)
    const { root, hashes } = await rekor.consistency(first, last)
    return context.json({ rootHash: encodeHex(root), hashes: hashes.map((hash) => encodeHex(hash)) })
  })
  route.get('/api/v1/log/publicKey', anyone, (context) => {
    checkTreeId(context, rekor)
    return context.body(rekor.publicKeyPem, 200, { 'Content-Type': 'application/x-pem-file' })
  })
}

async function retrieve(rekor: Rekor, json: JsonValue): Promise<readonly LogEntry[]> {
  const read = v.safeParse(Query, json, { abortEarly: true })
  if (!read.success) throw httpErrors('http.body-shape', read.issues[0].message)
  const { entryUUIDs, logIndexes, entries } = read.output
  const count = entryUUIDs.length + logIndexes.length + entries.length
  if (count > MAX_QUERIES) throw rekorErrors('rekor.query', `${count} entries were requested`)
  if (logIndexes.some((index) => index < 0)) throw rekorErrors('rekor.query', 'an index is negative')
  const lookUps = [
    ...entryUUIDs.map((uuid) => readUuid(uuid)).map((uuid) => () => rekor.byUuid(uuid)),
    ...entries.map((entry) => () => rekor.find(readProposal(entry as JsonValue))),
    ...logIndexes.map((index) => () => rekor.byIndex(index)),
  ]
  return lookUpEach(lookUps)
}

/** One after the other: the signatures of a single proposal may cost milliseconds, in which nobody else is answered. */
async function lookUpEach(
  lookUps: readonly (() => Promise<LogEntry | undefined>)[],
): Promise<readonly LogEntry[]> {
  const found: LogEntry[] = []
  for (const lookUp of lookUps) {
    const entry = await lookUp()
    if (entry !== undefined) found.push(entry)
    await othersTurn()
  }
  return found
}

/** In lower case, as the log writes it. */
function readUuid(text: string): string {
  if (!UUID.test(text)) throw rekorErrors('rekor.query', 'a UUID has 64 or 80 hex digits')
  const uuid = text.toLowerCase()
  if (parseEntryUuid(uuid) !== undefined) return uuid
  throw httpErrors('http.body-shape', `${uuid.slice(0, 16)} is not a tree id of this log`)
}

function checkTreeId(context: Context, rekor: Rekor): void {
  const text = context.req.query('treeID') ?? ''
  if (text === '') return
  if (!TREE_ID.test(text)) throw rekorErrors('rekor.query', 'treeID is not a tree id')
  if (BigInt(text) !== rekor.treeId)
    throw httpErrors('http.body-shape', 'treeID is not the tree id of this log')
}

/** Rekor counts from 1; a tree of nothing has no proof. */
function sizeOf(context: Context, name: string, fallback: string): number {
  const text = context.req.query(name) ?? fallback
  if (!INDEX.test(text) || text === '0') throw rekorErrors('rekor.query', `${name} is not a tree size`)
  return Number(text)
}

function answer(context: Context, entry: LogEntry | undefined): Response {
  return entry === undefined ? context.body(null, 404) : context.json(formatLogEntry(entry) as object)
}

function onError(log: Log) {
  const others = failures(log, renderRekor)
  return (error: Error, context: Context): Response | Promise<Response> => {
    if (!(error instanceof DuplicateEntryError)) return others(error, context)
    sayInStatusLine(context.env, describeError(error))
    const location = `${ENTRIES}/${error.uuid}`
    return Response.json(
      { code: 409, message: describeError(error) },
      { status: 409, headers: { Location: location } },
    )
  }
}

/** Stock Rekor's shape of an error. */
export function renderRekor(_context: Context, { status, message, requestId }: ClientFailure): Response {
  return Response.json({ code: status, message, requestId }, { status })
}
