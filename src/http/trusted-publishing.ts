import { Hono, type Context } from 'hono'
import * as v from 'valibot'
import type { Audit, FittingRules, Publishers, PublishingToken } from '../access/index.ts'
import type { Log, Secret } from '../base/index.ts'
import { readBodyAs } from './body.ts'
import { failures, type ClientFailure } from './failures.ts'
import { idToken } from './id-token.ts'
import { clientOf } from './request-log.ts'
import { anyone, routesOn, type Bindings } from './route.ts'

export interface TrustedPublishingParts {
  readonly publishers: Publishers
  readonly tokens: {
    readonly audience: string
    check(token: string): Promise<PublishingToken>
  }
  readonly audit: Audit
  readonly log: Log
}

/** An id token has at most 16 KiB. */
const MAX_BODY_BYTES = 32 * 1024
const Body = v.object({ token: v.pipe(v.string(), v.maxLength(MAX_BODY_BYTES)) })

const OIDC = '/_/oidc'

/** Trusted publishing as PyPI has it, for uv and twine: they ask for the audience, exchange, upload, and give back. */
export function trustedPublishingRoutes(parts: TrustedPublishingParts): Hono<Bindings> {
  const app = new Hono<Bindings>()
  const route = routesOn(app)
  app.onError(failures(parts.log, renderPypi))
  const { publishers, tokens } = parts
  route.get(`${OIDC}/audience`, anyone, (context) => context.json({ audience: tokens.audience }))
  const sent = idToken((context) => readBodyAs(context, Body, MAX_BODY_BYTES))
  route.post(`${OIDC}/mint-token`, sent, (context, { token }) => mint(context, token, parts))
  route.post(`${OIDC}/burn-token`, anyone, async (context) => {
    await publishers.burn((await readBodyAs(context, Body, MAX_BODY_BYTES)).token)
    return context.json({}, 202)
  })
  return app
}

async function mint(
  context: Context<Bindings>,
  text: string,
  parts: TrustedPublishingParts,
): Promise<Response> {
  const by = { from: clientOf(context), token: text }
  const token = await parts.publishers.tried(by, () => exchange(text, parts))
  context.header('Cache-Control', 'no-store')
  return context.json({ success: true, token: token.reveal() })
}

/** What the trail holds of it is what a rule fits: others could fill it. */
async function exchange(
  text: string,
  { publishers, tokens, audit, log }: TrustedPublishingParts,
): Promise<Secret> {
  const checked = await tokens.check(text)
  const rules = await publishers.rulesFor(checked)
  const details = detailsOf(checked, rules)
  const token = await audit.audited({ action: 'upload-token.mint', details }, () =>
    publishers.mint(checked, rules),
  )
  log.event('upload-token.minted', details)
  return token
}

function detailsOf({ issuer, ciProjectPath, ref, jobId }: PublishingToken, rules: FittingRules) {
  return {
    issuer,
    pipeline: `${ciProjectPath} ${ref}`,
    projects: rules.map(({ projectId }) => projectId).join(' '),
    ...(jobId === null ? {} : { job: String(jobId) }),
  }
}

/** PyPI's names for what clients show with the reason. */
const PYPI_CODES: Readonly<Record<string, string>> = {
  'access.publisher': 'invalid-publisher',
  'access.publisher-reuse': 'invalid-reuse-token',
  'http.body-shape': 'invalid-payload',
  'base.json': 'invalid-payload',
}

/** PyPI's shape, in which twine finds the reasons and which uv prints whole; 422 for every token that is refused. */
function renderPypi(_context: Context, { status, code, message, hint, requestId }: ClientFailure): Response {
  const isToken = status === 400 || status === 403
  const errors = [
    { code: PYPI_CODES[code] ?? (isToken ? 'invalid-token' : code), description: `${message}; ${hint}` },
  ]
  const body = { message: 'Token request failed', errors, code, hint, requestId }
  return Response.json(body, { status: isToken ? 422 : status })
}
