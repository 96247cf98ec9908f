import { Hono, type Context } from 'hono'
import { concatBytes, encodeBase64, type Clock, type JsonValue, type Log } from '../base/index.ts'
import { parseCertificate, type SignedCertificateTimestamp } from '../formats/x509/index.ts'
import type { LogEntry, TransparencyLog } from '../log/index.ts'
import type { CtLog } from '../trust/ct/index.ts'
import { bytesOf, readJsonBody } from './body.ts'
import { readSubmission } from './ct-submission.ts'
import { httpErrors } from './errors.ts'
import { failures, type ClientFailure } from './failures.ts'
import { anyone, routesOn, type Bindings, type Routes } from './route.ts'

export interface CtParts {
  readonly ct: Pick<CtLog, 'addPrecertificate' | 'signedTreeHead'>
  readonly tree: Pick<TransparencyLog, 'find' | 'entry' | 'entries' | 'inclusionProof' | 'consistencyProof'>
  /** DER of the roots under whose chains precertificates are taken. */
  readonly roots: readonly Uint8Array[]
  readonly clock: Clock
  readonly log: Log
}

const BASE = '/ct/v1'
const MAX_BODY_BYTES = 128 * 1024
/** RFC 6962 §4.6 lets a log give fewer than asked for; monitors ask again from where it ended. */
const MAX_ENTRIES = 256
const HASH_BYTES = 32
const NUMBER = /^(?:0|[1-9][0-9]{0,15})$/
/** SignatureAndHashAlgorithm of RFC 5246 §7.4.1.4.1: sha256, ecdsa. */
const SHA256_ECDSA = new Uint8Array([4, 3])

/** The API of the certificate transparency log (RFC 6962 §4), but for add-chain: only our own kind of entry is taken. */
export function ctRoutes(parts: CtParts): Hono<Bindings> {
  const app = new Hono<Bindings>()
  const route = routesOn(app)
  app.onError(failures(parts.log, renderCt))
  submissionRoutes(route, parts)
  treeRoutes(route, parts)
  entryRoutes(route, parts)
  return app
}

function submissionRoutes(route: Routes, { ct, roots }: CtParts): void {
  const trusted = roots.map((der) => parseCertificate(der))
  route.post(`${BASE}/add-pre-chain`, anyone, async (context) => {
    // Step 1 of docs/design/log.md: the chain is checked here.
    const submission = readSubmission(await readJsonBody(context, MAX_BODY_BYTES), trusted)
    const sct = await ct.addPrecertificate(submission)
    // Step 10.
    return context.json(formatSct(sct))
  })
  const certificates = roots.map((der) => encodeBase64(der))
  route.get(`${BASE}/get-roots`, anyone, (context) => context.json({ certificates }))
}

function treeRoutes(route: Routes, { ct, tree, clock }: CtParts): void {
  route.get(`${BASE}/get-sth`, anyone, async (context) => {
    const { size, root, timestampMs, signature } = await ct.signedTreeHead(clock.nowMs())
    return context.json({
      tree_size: size,
      timestamp: timestampMs,
      sha256_root_hash: encodeBase64(root),
      tree_head_signature: digitallySigned(signature),
    })
  })
  route.get(`${BASE}/get-sth-consistency`, anyone, async (context) => {
    const proof = await tree.consistencyProof(numberOf(context, 'first'), numberOf(context, 'second'))
    return context.json({ consistency: proof.map(encodeBase64) })
  })
  route.get(`${BASE}/get-proof-by-hash`, anyone, async (context) => {
    const [hash, size] = [hashOf(context), numberOf(context, 'tree_size')]
    const index = await tree.find(hash)
    if (index === undefined || index >= size)
      return notFound(`no leaf has that hash in the tree of size ${size}`)
    const path = await tree.inclusionProof(index, size)
    return context.json({ leaf_index: index, audit_path: path.map(encodeBase64) })
  })
}

function entryRoutes(route: Routes, { tree }: CtParts): void {
  route.get(`${BASE}/get-entries`, anyone, async (context) => {
    const [start, end] = [numberOf(context, 'start'), numberOf(context, 'end')]
    if (end < start) throw httpErrors('http.body-shape', `end ${end} is smaller than start ${start}`)
    const found = await tree.entries(start, Math.min(end - start + 1, MAX_ENTRIES))
    if (found.length === 0) return notFound(`the log has no entry ${start} yet`)
    return context.json({ entries: found.map(formatEntry) })
  })
  route.get(`${BASE}/get-entry-and-proof`, anyone, async (context) => {
    const [index, size] = [numberOf(context, 'leaf_index'), numberOf(context, 'tree_size')]
    const path = await tree.inclusionProof(index, size)
    const entry = await tree.entry(index)
    if (entry === undefined) return notFound(`the log has no entry ${index} yet`)
    return context.json({ ...formatEntry(entry), audit_path: path.map(encodeBase64) })
  })
}

function formatEntry({ leaf, extra }: LogEntry): Record<'leaf_input' | 'extra_data', string> {
  return { leaf_input: encodeBase64(leaf), extra_data: encodeBase64(extra) }
}

function formatSct(sct: SignedCertificateTimestamp): Record<string, JsonValue> {
  return {
    sct_version: sct.version,
    id: encodeBase64(sct.logId),
    timestamp: sct.timestampMs,
    extensions: encodeBase64(sct.extensions),
    signature: digitallySigned(sct.signature),
  }
}

/** `digitally-signed` of RFC 5246 §4.7, in base64: algorithm, length and signature. */
function digitallySigned(signature: Uint8Array): string {
  const length = new Uint8Array([signature.length >> 8, signature.length & 0xff])
  return encodeBase64(concatBytes(SHA256_ECDSA, length, signature))
}

function numberOf(context: Context, name: string): number {
  const text = context.req.query(name) ?? ''
  if (NUMBER.test(text)) return Number(text)
  throw httpErrors('http.body-shape', `${name} is not a number`)
}

function hashOf(context: Context): Uint8Array {
  const hash = bytesOf(context.req.query('hash') ?? '', 'hash')
  if (hash.length === HASH_BYTES) return hash
  throw httpErrors('http.body-shape', `hash has ${hash.length} bytes instead of ${HASH_BYTES}`)
}

function notFound(message: string): Response {
  return Response.json({ error_message: message }, { status: 404 })
}

function renderCt(_context: Context, { status, code, message, hint, requestId }: ClientFailure): Response {
  const text = status < 500 ? `${message} (${code}): ${hint}` : message
  return Response.json({ error_message: text, requestId }, { status })
}
