import type { Context } from 'hono'
import type { Access } from '../access/index.ts'
import { maskTokens, printable, WheelsealError, type Log, type RunningProcess } from '../base/index.ts'
import type { Pipelines } from '../pipelines/index.ts'
import { repositoryErrors, type RepositoryParts } from '../repositories/index.ts'
import type { Bindings } from './route.ts'

export interface GitRoutesParts {
  readonly repositories: RepositoryParts
  readonly pipelines: Pick<Pipelines, 'originOfJob'>
  readonly access: Access
  readonly log: Log
  /** Of one push, as it is sent. */
  readonly maxPushBytes: number
}

export function checkType(context: Context, type: string): void {
  if (context.req.header('content-type') !== type)
    throw repositoryErrors('repositories.request', `the content type is not ${type}`)
}

/** What git says when it fails goes into the log, and the client's answer ends early. */
export async function sayEnd(process: RunningProcess, log: Log): Promise<void> {
  const { exitCode, errors } = await process.ended
  // A client that goes takes git along, and some leave before git has said all.
  if (exitCode === 0 || exitCode === null) return
  const said = printable(maskTokens(errors.trim()), { maxLength: 500 })
  log.event('git.failed', { exitCode, said }, 'info')
}

/** What the user of a git reads where no more of them are started; undefined for any other failure. */
export function sentenceOfBusy(error: unknown): string | undefined {
  if (!(error instanceof WheelsealError) || error.code !== 'storage.git-busy') return undefined
  return `${error.message}; ${error.hint}`
}

export interface GitAnswer {
  readonly type: string
  readonly bytes: AsyncIterable<Uint8Array>
}

/** No faster than the client reads. */
export function answer(context: Context<Bindings>, { type, bytes }: GitAnswer): Response {
  const headers = {
    'Content-Type': `application/x-${type}`,
    'Cache-Control': 'no-cache, max-age=0, must-revalidate',
    Pragma: 'no-cache',
    Expires: 'Fri, 01 Jan 1980 00:00:00 GMT',
  }
  if (context.req.method === 'HEAD') return new Response(null, { headers })
  return new Response(ReadableStream.from(bytes), { headers })
}
