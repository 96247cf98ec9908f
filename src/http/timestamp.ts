import { Hono, type Context } from 'hono'
import * as v from 'valibot'
import { decodeHex, parseJson, type Log } from '../base/index.ts'
import {
  isTimestampHash,
  messageImprint,
  parseTimestampRequest,
  type TimestampRequest,
} from '../formats/timestamp/index.ts'
import { certificatePem } from '../formats/x509/index.ts'
import { tsaErrors, type TimestampAuthority } from '../trust/tsa/index.ts'
import { bytesOf, checkShape, mediaType, readBody, textOf } from './body.ts'
import { httpErrors } from './errors.ts'
import { failures, type ClientFailure } from './failures.ts'
import { anyone, routesOn, type Bindings } from './route.ts'

const PATH = '/api/v1/timestamp'
const QUERY_TYPE = 'application/timestamp-query'
const REPLY_TYPE = 'application/timestamp-reply'
const CHAIN_TYPE = 'application/pem-certificate-chain'
const MAX_BODY_BYTES = 4096
/** Up to 10^77, which 32 octets hold. */
const NONCE = /^(?:0|[1-9][0-9]{0,76})$/

/** `{"artifactHash":BASE64,"hashAlgorithm":"sha256","certificates":false,"nonce":1,"tsaPolicyOID":"1.2.3"}` */
const Query = v.strictObject({
  artifactHash: v.string(),
  hashAlgorithm: v.string(),
  certificates: v.nullish(v.boolean(), false),
  nonce: v.nullish(v.number()),
  tsaPolicyOID: v.nullish(v.string(), ''),
})

/** Sigstore's timestamp API (openapi.yaml of timestamp-authority 2.1). */
export function timestampRoutes(tsa: TimestampAuthority, log: Log): Hono<Bindings> {
  const app = new Hono<Bindings>()
  const route = routesOn(app)
  const chain = tsa.chain.map(certificatePem).join('')
  route.post(PATH, anyone, async (context) => {
    const response = await stamp(context, tsa)
    return context.body(Uint8Array.from(response), 200, { 'Content-Type': REPLY_TYPE })
  })
  route.get(`${PATH}/certchain`, anyone, (context) =>
    context.body(chain, 200, { 'Content-Type': CHAIN_TYPE }),
  )
  app.onError(failures(log, renderTimestamp))
  return app
}

/**
 * Who speaks RFC 3161 is refused in its own words, with status 200 (RFC 3161 §3.4); who sends JSON would take such an
 * answer for a timestamp, unread, and gets an HTTP error.
 */
async function stamp(context: Context, tsa: TimestampAuthority): Promise<Uint8Array> {
  const type = mediaType(context)
  if (type === QUERY_TYPE) {
    return tsa.answer(parseTimestampRequest(await readBody(context, MAX_BODY_BYTES)))
  }
  if (type === 'application/json') {
    return tsa.timestamp(readJsonQuery(await readBody(context, MAX_BODY_BYTES)))
  }
  throw httpErrors('http.body-type', `the content type is ${type ?? 'missing'}`, {
    hint: `send ${QUERY_TYPE} or application/json`,
  })
}

function readJsonQuery(body: Uint8Array): TimestampRequest {
  const text = textOf(body, 'the body')
  const { artifactHash, hashAlgorithm, certificates, nonce, tsaPolicyOID } = checkShape(
    Query,
    parseJson(text, { maxLength: MAX_BODY_BYTES }),
  )
  if (!isTimestampHash(hashAlgorithm)) {
    throw tsaErrors('tsa.hash', `hashAlgorithm is ${JSON.stringify(hashAlgorithm.slice(0, 80))}`)
  }
  return {
    imprint: messageImprint(hashAlgorithm, bytesOf(artifactHash, 'artifactHash')),
    policy: tsaPolicyOID === '' ? undefined : tsaPolicyOID,
    nonce: nonce === undefined || nonce === null ? undefined : readNonce(text),
    wantsCertificates: certificates ?? false,
    extensionOids: [],
  }
}

/** A nonce has 64 bits or more, which a number has only in its source text. The text is known to be a `Query`. */
function readNonce(text: string): Uint8Array {
  let source = ''
  const parse = JSON.parse as (text: string, reviver: Reviver) => unknown
  parse(text, (key, value, context) => {
    if (key === 'nonce' && typeof value === 'number') source = context.source ?? ''
    return value
  })
  if (!NONCE.test(source)) throw httpErrors('http.body-shape', 'nonce is not a whole number below 10^77')
  const hex = BigInt(source).toString(16)
  return decodeHex(hex.padStart(hex.length + (hex.length % 2), '0'))
}

/** ECMAScript's JSON.parse source text access. */
type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown

/** The stock server's shape; clients show `message`, so our code and the hint stand in it. */
function renderTimestamp(
  _context: Context,
  { status, code, message, hint, requestId }: ClientFailure,
): Response {
  const text = status < 500 ? `${message} (${code}): ${hint}` : message
  return Response.json({ code: status, message: text, requestId }, { status })
}
