import type { Context } from 'hono'
import type { Principal } from '../access/index.ts'
import { sha256Hex } from '../base/index.ts'
import { listsTag, type Bindings } from '../http/index.ts'
import { textOf, type Markup } from './markup.ts'

const HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  // With no-referrer browsers send `Origin: null` with a form, which is refused (Fetch §3.2, append a request Origin header).
  'Referrer-Policy': 'same-origin',
  'X-Frame-Options': 'DENY',
  'Cross-Origin-Opener-Policy': 'same-origin',
}

interface Sent {
  readonly visitor: Principal
  readonly status?: number
}

/** What everybody sees has an entity tag; what only this visitor sees, and what invites to a login, is kept by nobody. */
export function sendPage(
  context: Context<Bindings>,
  html: Markup,
  { visitor, status = 200 }: Sent,
): Response {
  const isForAll = visitor.kind === 'anonymous' && status === 200
  return isForAll ? tagged(context, textOf(html), { ...HEADERS, Vary: 'Cookie' }) : sendForOne(html, status)
}

export function sendForOne(html: Markup, status: number): Response {
  return new Response(textOf(html), { status, headers: { ...HEADERS, 'Cache-Control': 'no-store' } })
}

export function sendStyle(context: Context<Bindings>, style: string): Response {
  return tagged(context, style, { 'Content-Type': 'text/css; charset=utf-8' })
}

function tagged(context: Context<Bindings>, body: string, fixed: Readonly<Record<string, string>>): Response {
  const tag = `"${sha256Hex(body).slice(0, 32)}"`
  const headers = { ...fixed, ETag: tag, 'Cache-Control': 'no-cache' }
  const isKnown = listsTag(context.req.header('if-none-match'), tag)
  return isKnown ? new Response(null, { status: 304, headers }) : new Response(body, { headers })
}
