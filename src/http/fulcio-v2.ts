import type { HttpBindings } from '@hono/node-server'
import { Hono, type Context } from 'hono'
import * as v from 'valibot'
import { decodeBase64, describeError, type JsonValue, type Log } from '../base/index.ts'
import { certificatePem, parsePublicKeyPem } from '../formats/x509/index.ts'
import type { Authority } from '../trust/authority/index.ts'
import { readJsonBody } from './body.ts'
import { httpErrors } from './errors.ts'
import { failures } from './failures.ts'
import { readBearer, renderGateway } from './fulcio.ts'

const MAX_BODY_BYTES = 64 * 1024
const MAX_PEM_LENGTH = 16 * 1024

const text = (maxLength: number) => v.pipe(v.string(), v.nonEmpty(), v.maxLength(maxLength))

/** fulcio.proto, CreateSigningCertificateRequest; the algorithm is a hint that the key itself makes needless. */
const Request = v.object({
  credentials: v.nullish(v.object({ oidcIdentityToken: v.nullish(text(MAX_BODY_BYTES)) })),
  publicKeyRequest: v.object({
    publicKey: v.object({ content: text(MAX_PEM_LENGTH) }),
    proofOfPossession: text(MAX_PEM_LENGTH),
  }),
})

/** Fulcio's second API, as cosign 3 and sigstore-js speak it. Certificate signing requests are not taken yet. */
export function fulcioV2Routes(authority: Authority, log: Log): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>()
  app.onError(failures(log, renderGateway))
  app.post('/api/v2/signingCert', async (context) => {
    const { credentials, publicKeyRequest } = readRequest(await readJsonBody(context, MAX_BODY_BYTES))
    const { chain, san } = await authority.issue({
      // A token in the body wins, as in stock Fulcio; cosign 3 sends it in the header only.
      token: credentials?.oidcIdentityToken ?? readBearer(context),
      publicKey: parsePublicKeyPem(publicKeyRequest.publicKey.content),
      proof: readProof(publicKeyRequest.proofOfPossession),
    })
    log.event('certificate.issued', { san })
    return context.json({
      signedCertificateEmbeddedSct: { chain: { certificates: chain.map(certificatePem) } },
    })
  })
  app.get('/api/v2/trustBundle', (context) => trustBundle(context, authority))
  return app
}

function trustBundle(context: Context, authority: Authority): Response {
  return context.json({ chains: [{ certificates: authority.chain.map(certificatePem) }] })
}

/** proto3 JSON has two spellings of every name; both count, each once. */
function readRequest(json: JsonValue): v.InferOutput<typeof Request> {
  const read = v.safeParse(Request, inLowerCamel(json))
  if (read.success) return read.output
  const [issue] = read.issues
  throw httpErrors(
    'http.body-shape',
    `${v.getDotPath(issue) ?? 'the body'} is not ${issue.expected ?? 'as it should be'}`,
  )
}

function inLowerCamel(json: JsonValue): JsonValue {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return json
  const members = Object.entries(json).map(([name, value]) => [camelOf(name), inLowerCamel(value)] as const)
  if (new Set(members.map(([name]) => name)).size === members.length) return Object.fromEntries(members)
  throw httpErrors('http.body-shape', 'a member stands twice, in two spellings')
}

function camelOf(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

function readProof(base64: string): Uint8Array {
  try {
    return decodeBase64(base64)
  } catch (cause) {
    throw httpErrors('http.body-shape', `publicKeyRequest.proofOfPossession: ${describeError(cause)}`, {
      cause,
    })
  }
}
