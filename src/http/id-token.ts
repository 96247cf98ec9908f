import type { Context } from 'hono'
import { parseJson, type JsonValue } from '../base/index.ts'
import { identityErrors } from '../identity/index.ts'
import { noteOnRequest } from './request-log.ts'
import type { Bindings, Right } from './route.ts'

const MAX_CLAIMS_LENGTH = 64 * 1024

/** Whoever brings an id token, as `read` finds it. Whether it is good, the authority says, with the key that it is for. */
export function idToken<Found extends { readonly token: string }>(
  read: (context: Context<Bindings>) => Found | Promise<Found>,
): Right<Found> {
  return {
    name: 'id token',
    admit: async (context) => {
      const found = await read(context)
      noteOnRequest(context, { claimedSubject: claimedSubject(found.token) })
      return found
    },
  }
}

export function readBearer(context: Context): string {
  const [, token] = /^Bearer ([A-Za-z0-9._-]+)$/i.exec(context.req.header('authorization') ?? '') ?? []
  if (token !== undefined) return token
  throw identityErrors('identity.token', 'the header `Authorization: Bearer TOKEN` is missing or malformed', {
    hint: 'send the id token unchanged, without a trailing newline',
  })
}

/** For the log only: who a token says it speaks for, before anybody has checked it. */
function claimedSubject(token: string): string | undefined {
  try {
    const text = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()
    const { sub } = parseJson(text, { maxLength: MAX_CLAIMS_LENGTH }) as { readonly sub?: JsonValue }
    return typeof sub === 'string' ? sub : undefined
  } catch {
    return undefined
  }
}
