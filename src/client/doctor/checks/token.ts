import { isoTime, printable, Secret, type JsonValue } from '../../../base/index.ts'
import { readToken, tokenClaims } from '../../../sign/index.ts'
import { failed, ok, skipped, warning, type Check, type Finding } from '../check.ts'
import type { DoctorIo } from '../io.ts'
import { duration } from '../shown.ts'

const AUDIENCE = 'sigstore'
const SIGNING = 'SIGSTORE_ID_TOKEN'
const JOB_LINES = 'add to the job in .gitlab-ci.yml: id_tokens: { SIGSTORE_ID_TOKEN: { aud: sigstore } }'

/** Which tokens are there, for whom and how long. Never a token itself. */
export const tokenCheck: Check = {
  name: 'token',
  effectOf: ['clock', 'variables'],
  look: async ({ io, nowSeconds }) => [
    await signingToken(io, nowSeconds()),
    ...otherIdTokens(io, nowSeconds()),
    ...accessTokens(io),
  ],
}

async function signingToken(io: DoctorIo, now: number): Promise<Finding> {
  const text = io.env[SIGNING] ?? ''
  if (text === '') return missing(io)
  const token = new Secret(text)
  // Throws what signing would throw, which is this check's failure.
  const { expiresAtSeconds, issuer } = readToken(token, { audience: AUDIENCE, clock: io.clock })
  const notBefore = tokenClaims(token)['nbf']
  if (typeof notBefore === 'number' && notBefore > now + 5)
    return failed({
      fact: `the id token of ${SIGNING} is not valid before ${isoTime(notBefore)}`,
      reason: 'this machine believes that it is earlier',
      next: 'compare the clock of this machine with that of the issuer',
    })
  return ok(
    `${SIGNING} is for the audience ${AUDIENCE}, from ${issuer ?? 'an unnamed issuer'}, valid for ${duration(Math.floor(expiresAtSeconds - now))}`,
  )
}

function missing({ env }: DoctorIo): Finding {
  const fact = `${SIGNING} is not set: nothing can be signed here`
  if (env['CI_JOB_ID'])
    return warning({ fact, reason: 'this job asks for no id token with that name', next: JOB_LINES })
  return skipped(fact, 'sign in a job, or get a test token: wheelseal trust token --project GROUP/NAME')
}

const ID_TOKEN = /^[A-Z0-9_]+_ID_TOKEN$/
const MAX_TOKENS = 16

function otherIdTokens({ env }: DoctorIo, now: number): readonly Finding[] {
  const names = Object.keys(env).filter((name) => name !== SIGNING && ID_TOKEN.test(name) && env[name])
  return names.slice(0, MAX_TOKENS).map((name) => {
    const claims = readable(env[name] ?? '')
    if (claims === undefined) return ok(`${name} is set, and is not an id token`)
    const { aud, exp } = claims
    const audience = printable(JSON.stringify(aud ?? null), { maxLength: 120 })
    if (typeof exp !== 'number' || exp > now)
      return ok(
        `${name} is for the audience ${audience}${typeof exp === 'number' ? `, valid for ${duration(Math.floor(exp - now))}` : ''}`,
      )
    return warning({
      fact: `${name}, for the audience ${audience}, expired at ${isoTime(exp)}`,
      next: 'run the job again for a new one',
    })
  })
}

function readable(text: string): Readonly<Record<string, JsonValue>> | undefined {
  try {
    return tokenClaims(new Secret(text))
  } catch {
    return undefined
  }
}

const ACCESS: Readonly<Record<string, string>> = {
  CI_JOB_TOKEN: 'for the package registry, until the job ends',
  WHEELSEAL_TOKEN: 'for the package registry',
  TWINE_PASSWORD: 'read by twine',
}

function accessTokens({ env }: DoctorIo): readonly Finding[] {
  const present = Object.entries(ACCESS).filter(([name]) => env[name])
  if (present.length === 0) return []
  return [
    ok(
      'tokens for registries are set',
      present.map(([name, use]) => `${name}: ${use}`),
    ),
  ]
}
