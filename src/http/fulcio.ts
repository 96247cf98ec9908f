import { Hono, type Context } from 'hono'
import type { JsonValue, Log } from '../base/index.ts'
import { certificatePem } from '../formats/x509/index.ts'
import { parseClientKey, type Authority } from '../trust/authority/index.ts'
import { bytesOf, readJsonBody, textOf } from './body.ts'
import { httpErrors } from './errors.ts'
import { failures, type ClientFailure } from './failures.ts'
import { idToken, readBearer } from './id-token.ts'
import { anyone, routesOn, type Bindings } from './route.ts'

const MAX_BODY_BYTES = 64 * 1024
const CHAIN_TYPE = 'application/pem-certificate-chain'
/** gRPC's codes, which Fulcio's gateway puts into its JSON. */
const INVALID_ARGUMENT = 3
const INTERNAL = 13

const BY_HEADER = idToken((context) => ({ token: readBearer(context) }))

/** Fulcio's first API, as cosign 2 speaks it. */
export function fulcioRoutes(authority: Authority, log: Log): Hono<Bindings> {
  const app = new Hono<Bindings>()
  const route = routesOn(app)
  route.post('/api/v1/signingCert', BY_HEADER, async (context, { token }) => {
    const { publicKey, proof } = readRequest(await readJsonBody(context, MAX_BODY_BYTES))
    const { chain, san } = await authority.issue({ token, publicKey, proof })
    log.event('certificate.issued', { san })
    return pemChain(context, chain, 201)
  })
  route.get('/api/v1/rootCert', anyone, (context) => pemChain(context, authority.chain, 200))
  app.onError(failures(log, renderGateway))
  return app
}

function pemChain(context: Context, chain: readonly Uint8Array[], status: 200 | 201): Response {
  return context.body(chain.map(certificatePem).join(''), status, { 'Content-Type': CHAIN_TYPE })
}

interface SigningBody {
  readonly publicKey: Uint8Array
  readonly proof: Uint8Array
}

/** `{"publicKey":{"content":BASE64 OF PEM},"signedEmailAddress":BASE64}`; an algorithm beside the key is passed over. */
function readRequest(json: JsonValue): SigningBody {
  const { publicKey, signedEmailAddress, certificateSigningRequest = null } = objectOf(json, 'the body')
  if (certificateSigningRequest !== null && certificateSigningRequest !== '') {
    throw httpErrors('http.body-shape', 'this route does not support certificate signing requests', {
      hint: 'send publicKey and signedEmailAddress',
    })
  }
  const { content } = objectOf(publicKey, 'publicKey')
  const pem = bytesOf(content, 'publicKey.content')
  return {
    publicKey: parseClientKey(textOf(pem, 'publicKey.content')),
    proof: bytesOf(signedEmailAddress, 'signedEmailAddress'),
  }
}

function objectOf(json: JsonValue | undefined, name: string): Readonly<Record<string, JsonValue>> {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) {
    return json as Readonly<Record<string, JsonValue>>
  }
  throw httpErrors('http.body-shape', `${name} is not an object`)
}

/** The gateway's shape; clients show `message`, so the hint stands in it. */
export function renderGateway(
  _context: Context,
  { status, code, message, hint, requestId }: ClientFailure,
): Response {
  const grpc = status < 500 ? INVALID_ARGUMENT : INTERNAL
  return Response.json(
    { code: grpc, message: `${message} (${code}): ${hint}`, details: [], requestId },
    { status },
  )
}
