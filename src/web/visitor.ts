import type { Context } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { ANONYMOUS, type Access, type Principal, type TokenUser } from '../access/index.ts'
import { Secret } from '../base/index.ts'
import { clientOf, noteOnRequest, principalFields, type Bindings, type Right } from '../http/index.ts'
import { webErrors } from './errors.ts'
import { SESSION_MS, type Sessions } from './sessions.ts'

export interface VisitorParts {
  readonly access: Access
  readonly sessions: Sessions
  readonly externalUrl: string
}

/** Everybody; who has a session as the user of its token. What they may see, the page decides, and shows nothing else. */
export function session(parts: VisitorParts): Right<Principal> {
  return { name: 'session', admit: (context) => visitorOf(context, parts) }
}

/**
 * By the token as it is now: one that was revoked, has expired or whose user was blocked ends its session. It was right
 * when the session began, so that it counts as no wrong try.
 */
export async function visitorOf(
  context: Context<Bindings>,
  { access, sessions, externalUrl }: VisitorParts,
): Promise<Principal> {
  const id = getCookie(context, cookieName(externalUrl))
  const token = id === undefined ? undefined : sessions.tokenOf(id)
  if (id === undefined || token === undefined) return ANONYMOUS
  const principal = await access.authenticate({ kind: 'personal', token: token.reveal() })
  if (principal?.kind !== 'user') {
    sessions.close(id)
    return ANONYMOUS
  }
  noteOnRequest(context, principalFields(principal))
  return principal
}

/** Throws `web.login`, `access.too-many-tries`. */
export async function logIn(
  context: Context<Bindings>,
  token: string,
  { access, sessions, externalUrl }: VisitorParts,
): Promise<TokenUser> {
  const principal = await access.authenticate({ kind: 'personal', token }, clientOf(context))
  if (principal?.kind !== 'user') {
    noteOnRequest(context, { credential: 'personal' })
    throw webErrors('web.login', 'the token is wrong, expired or revoked')
  }
  noteOnRequest(context, principalFields(principal))
  const id = sessions.open(new Secret(token), principal.tokenId)
  setCookie(context, cookieName(externalUrl), id, cookieOptions(externalUrl, SESSION_MS / 1000))
  return principal
}

export function logOut(context: Context<Bindings>, { sessions, externalUrl }: VisitorParts): void {
  const id = getCookie(context, cookieName(externalUrl))
  if (id !== undefined) sessions.close(id)
  setCookie(context, cookieName(externalUrl), '', cookieOptions(externalUrl, 0))
}

function isSecure(externalUrl: string): boolean {
  return externalUrl.startsWith('https:')
}

/** With the prefix a browser takes it only over TLS, from this host alone (RFC 6265bis §4.1.3.2). */
function cookieName(externalUrl: string): string {
  return isSecure(externalUrl) ? '__Host-wheelseal-session' : 'wheelseal-session'
}

function cookieOptions(externalUrl: string, maxAge: number) {
  return { path: '/', httpOnly: true, sameSite: 'Strict', secure: isSecure(externalUrl), maxAge } as const
}
