import { Hono, type Context } from 'hono'
import * as v from 'valibot'
import type { JsonValue, Log } from '../base/index.ts'
import { certificatePem } from '../formats/x509/index.ts'
import {
  parseClientKey,
  parseClientRequest,
  type Authority,
  type ProvenKey,
} from '../trust/authority/index.ts'
import { bytesOf, checkShape, readJsonBody, textOf } from './body.ts'
import { httpErrors } from './errors.ts'
import { failures } from './failures.ts'
import { renderGateway } from './fulcio.ts'
import { idToken, readBearer } from './id-token.ts'
import { anyone, routesOn, type Bindings } from './route.ts'

const MAX_BODY_BYTES = 64 * 1024
const MAX_PEM_LENGTH = 16 * 1024

const text = (maxLength: number) => v.pipe(v.string(), v.nonEmpty(), v.maxLength(maxLength))

/** fulcio.proto, CreateSigningCertificateRequest; the algorithm is a hint that the key itself makes needless. */
const Request = v.object({
  credentials: v.nullish(v.object({ oidcIdentityToken: v.nullish(text(MAX_BODY_BYTES)) })),
  publicKeyRequest: v.nullish(
    v.object({
      publicKey: v.object({ content: text(MAX_PEM_LENGTH) }),
      proofOfPossession: text(MAX_PEM_LENGTH),
    }),
  ),
  certificateSigningRequest: v.nullish(text(MAX_BODY_BYTES)),
})
type Request = v.InferOutput<typeof Request>

/** A token in the body wins, as in stock Fulcio; cosign 3 and sigstore-python send it in the header only. */
const BY_BODY_OR_HEADER = idToken(async (context) => {
  const request = readRequest(await readJsonBody(context, MAX_BODY_BYTES))
  return { token: request.credentials?.oidcIdentityToken ?? readBearer(context), request }
})

/** Fulcio's second API, as cosign 3, sigstore-js and sigstore-python speak it. */
export function fulcioV2Routes(authority: Authority, log: Log): Hono<Bindings> {
  const app = new Hono<Bindings>()
  const route = routesOn(app)
  app.onError(failures(log, renderGateway))
  route.post('/api/v2/signingCert', BY_BODY_OR_HEADER, async (context, { token, request }) => {
    const { chain, san } = await authority.issue({ token, ...readKey(request) })
    log.event('certificate.issued', { san })
    // JSON whatever the client says it accepts: sigstore-python asks for PEM and reads JSON.
    return context.json({
      signedCertificateEmbeddedSct: { chain: { certificates: chain.map(certificatePem) } },
    })
  })
  route.get('/api/v2/trustBundle', anyone, (context) => trustBundle(context, authority))
  return app
}

/** The `oneof key` of the message: exactly one of the two. */
function readKey({ publicKeyRequest, certificateSigningRequest }: Request): ProvenKey {
  if (publicKeyRequest && !certificateSigningRequest) {
    return {
      publicKey: parseClientKey(publicKeyRequest.publicKey.content),
      proof: bytesOf(publicKeyRequest.proofOfPossession, 'publicKeyRequest.proofOfPossession'),
    }
  }
  if (certificateSigningRequest && !publicKeyRequest) {
    const pem = bytesOf(certificateSigningRequest, 'certificateSigningRequest')
    return { certificateRequest: parseClientRequest(textOf(pem, 'certificateSigningRequest')) }
  }
  const found = publicKeyRequest ? 'both' : 'none'
  throw httpErrors(
    'http.body-shape',
    `send exactly one of publicKeyRequest and certificateSigningRequest; ${found} were sent`,
  )
}

function trustBundle(context: Context, authority: Authority): Response {
  return context.json({ chains: [{ certificates: authority.chain.map(certificatePem) }] })
}

/** proto3 JSON has two spellings of every name; both count, each once. */
function readRequest(json: JsonValue): Request {
  return checkShape(Request, inLowerCamel(json))
}

function inLowerCamel(json: JsonValue): JsonValue {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return json
  const members = Object.entries(json).map(([name, value]) => [camelOf(name), inLowerCamel(value)] as const)
  if (new Set(members.map(([name]) => name)).size === members.length) return Object.fromEntries(members)
  throw httpErrors('http.body-shape', 'a field appears twice, in two spellings')
}

function camelOf(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
