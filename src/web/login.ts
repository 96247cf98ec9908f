import type { Context } from 'hono'
import { parseProjectPath } from '../access/index.ts'
import { utf8Decode, type Log } from '../base/index.ts'
import {
  failures,
  httpErrors,
  mediaType,
  readBody,
  type Bindings,
  type ClientFailure,
} from '../http/index.ts'
import { sendForOne } from './answers.ts'
import { problemPage } from './pages.ts'
import { RUN_PATH } from './runs.ts'
import { refuseOtherSites } from './same-origin.ts'
import { logIn, logOut, type VisitorParts } from './visitor.ts'

const MAX_FORM_BYTES = 4096

export async function login(context: Context<Bindings>, parts: VisitorParts): Promise<Response> {
  const form = await readForm(context, parts)
  // What people copy out of a terminal often has a line break after it.
  await logIn(context, (form.get('token') ?? '').trim(), parts)
  return goBack(context)
}

export async function logout(context: Context<Bindings>, parts: VisitorParts): Promise<Response> {
  await readForm(context, parts)
  logOut(context, parts)
  return goBack(context)
}

/** Where the forms of requests lead back to. */
const backs = new WeakMap<Context, string>()

async function readForm(context: Context<Bindings>, { externalUrl }: VisitorParts): Promise<URLSearchParams> {
  refuseOtherSites(context, externalUrl)
  if (mediaType(context) !== 'application/x-www-form-urlencoded')
    throw httpErrors('http.body-type', 'the content type is not application/x-www-form-urlencoded')
  const form = new URLSearchParams(textOf(await readBody(context, MAX_FORM_BYTES)))
  backs.set(context, pagePathOf(form.get('back') ?? ''))
  return form
}

function textOf(bytes: Uint8Array): string {
  try {
    return utf8Decode(bytes)
  } catch (cause) {
    throw httpErrors('http.body-shape', 'the form is not UTF-8', { cause })
  }
}

/** In the spelling that projects have, or ''. */
export function projectPathOf(text: string): string {
  try {
    return parseProjectPath(text).path
  } catch {
    return ''
  }
}

/** Of a page of a project, in the one spelling that it has, or ''. */
export function pagePathOf(text: string): string {
  const [project = '', rest] = text.split('/-/', 2)
  const path = projectPathOf(project)
  if (path === '' || rest === undefined) return path
  return text === `${project}/-/${rest}` && RUN_PATH.test(rest) ? `${path}/-/${rest}` : path
}

/** To a page of a project or to the front page, and nowhere else; relative, as all links are. */
function goBack(context: Context<Bindings>): Response {
  context.header('Cache-Control', 'no-store')
  return context.redirect(`../${backs.get(context) ?? ''}`, 303)
}

/** Failures as people read them; with the form once more where another token may help. */
export function pageFailures(log: Log): ReturnType<typeof failures> {
  return failures(log, renderFailure)
}

function renderFailure(context: Context, failure: ClientFailure): Response {
  const { status, code, message, hint, requestId = '' } = failure
  const hasForm = code === 'web.login' || code === 'access.too-many-tries'
  const problem = `${message}; ${hint}.${status < 500 ? '' : ` Request id: ${requestId}.`}`
  const up = context.req.path.startsWith('/-/') ? '../' : '/'
  const frame = { up, visitor: { kind: 'anonymous' }, back: backs.get(context) ?? '' } as const
  return sendForOne(problemPage(frame, { problem, hasForm }), status)
}
