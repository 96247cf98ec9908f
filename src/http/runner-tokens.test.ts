import { Hono } from 'hono'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { FailedTries } from '../access/index.ts'
import { silentLog, systemClock, systemEntropy } from '../host/index.ts'
import { pipelineErrors, type JobClaim } from '../pipelines/index.ts'
import { failures } from './failures.ts'
import { requestLog } from './request-log.ts'
import { routesOn, type Bindings, type Right } from './route.ts'
import { jobToken, jobTokenOfPipeline, jobTokenOrBody, runnerToken } from './runner-tokens.ts'

/** Knows one token, of runner 7 and of job 301. */
const pipelines = {
  verifyRunner: async (token: string) => {
    if (token !== 'good') throw pipelineErrors('pipelines.runner-token', 'unknown')
    return { id: 7 }
  },
  checkClaim: async ({ jobId, token }: JobClaim) => {
    if (token !== 'good' || jobId !== 301) throw pipelineErrors('pipelines.job-token', 'unknown')
  },
}
const newTries = (): FailedTries => new FailedTries({ nowMs: () => 0, sleep: async () => undefined })
const parts = { pipelines: { ...pipelines, checkReader: pipelines.checkClaim }, tries: newTries() }
const Body = v.object({ token: v.nullish(v.string()), state: v.nullish(v.string()) })

const rightsWith = (own: typeof parts) => ({
  runnerToken: { right: runnerToken(own, Body), header: 'runner-token' },
  jobToken: { right: jobToken(own), header: 'job-token' },
  jobTokenOrBody: { right: jobTokenOrBody(own, Body), header: 'job-token' },
  jobTokenOfPipeline: { right: jobTokenOfPipeline(own), header: 'job-token' },
})
const RIGHTS: Readonly<Record<string, { readonly right: Right<unknown>; readonly header: string }>> =
  rightsWith(parts)

/** What the server knows of a connection. */
const FROM = { incoming: { socket: { remoteAddress: '192.0.2.1' } } }

interface Asked {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly jobId?: number
  readonly isBodyRead?: boolean
}

/** What the handler got, undefined where it did not run. */
async function ask(
  right: Right<unknown>,
  { headers = {}, body = '{}', jobId = 301, isBodyRead = true }: Asked,
) {
  let found: unknown
  const app = new Hono<Bindings>()
  app.use(requestLog({ log: silentLog, clock: systemClock, entropy: systemEntropy }))
  app.onError(failures(silentLog))
  routesOn(app).put('/:id', right, (context, given) => {
    found = given
    return context.text('')
  })
  const all = { 'content-type': 'application/json', ...headers }
  const request = new Request(`http://server/${jobId}`, { method: 'PUT', headers: all, body })
  // Only where no body is read: with a connection it would come from there.
  const { status, headers: answered } = await app.request(request, undefined, isBodyRead ? undefined : FROM)
  const retryAfter = answered.get('retry-after') ?? undefined
  return {
    status,
    found,
    isBodyRead: request.bodyUsed,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  }
}

const REFUSED = { status: 403, found: undefined }

describe.each(Object.entries(RIGHTS))('%s', (_name, { right, header }) => {
  it.each(['wrong', ''])(
    'refuses the token %j of the header before it reads a body or runs a handler',
    async (token) => {
      const answer = await ask(right, { headers: { [header]: token }, body: '{"token":"good"}' })
      expect(answer).toEqual({ ...REFUSED, isBodyRead: false })
    },
  )

  it('refuses who sends no token', async () => {
    expect(await ask(right, {})).toMatchObject(REFUSED)
  })

  it('takes the token of the header', async () => {
    expect((await ask(right, { headers: { [header]: 'good' } })).found).toMatchObject({ token: 'good' })
  })
})

describe('a right whose token may be in the body', () => {
  const inBody = ['runnerToken', 'jobTokenOrBody'].map((name) => [name, RIGHTS[name]!] as const)
  it.each(inBody)('%s takes it from there, and the header before it', async (_name, { right, header }) => {
    const body = { token: 'good', state: 'success' }
    expect(await ask(right, { body: JSON.stringify(body) })).toMatchObject({ status: 200, found: { body } })
    expect(await ask(right, { body: '{"token":"wrong"}' })).toMatchObject(REFUSED)
    const both = { headers: { [header]: 'good' }, body: '{"token":"wrong"}' }
    expect(await ask(right, both)).toMatchObject({ status: 200, found: { token: 'good' } })
  })

  it.each(inBody)('%s refuses a wrong body of who has the token', async (_name, { right, header }) => {
    const answer = await ask(right, { headers: { [header]: 'good' }, body: '{"state":1}' })
    expect(answer).toMatchObject({ status: 400, found: undefined })
  })

  const inHeader = ['jobToken', 'jobTokenOfPipeline'].map((name) => [name, RIGHTS[name]!] as const)
  it.each(inHeader)('is not %s, which reads no body', async (_name, { right }) => {
    expect(await ask(right, { body: '{"token":"good"}' })).toEqual({ ...REFUSED, isBodyRead: false })
  })
})

it.each(['jobToken', 'jobTokenOrBody', 'jobTokenOfPipeline'])(
  '%s is for the job of the path',
  async (name) => {
    const headers = { 'job-token': 'good' }
    expect((await ask(RIGHTS[name]!.right, { headers })).found).toMatchObject({ jobId: 301 })
    expect(await ask(RIGHTS[name]!.right, { headers, jobId: 302 })).toMatchObject(REFUSED)
  },
)

it.each(Object.entries(rightsWith({ ...parts, tries: newTries() })))(
  '%s of an address that tried sixty wrong tokens in a minute is told when to try again',
  async (name, { right, header }) => {
    const wrong = { headers: { [header]: `wrong for ${name}` }, isBodyRead: false }
    for (let count = 0; count < 60; count += 1) expect((await ask(right, wrong)).status).toBe(403)
    expect(await ask(right, wrong)).toMatchObject({ status: 429, retryAfter: '60', isBodyRead: false })
    expect((await ask(right, { headers: { [header]: 'good' } })).status).toBe(200)
  },
)

it('runnerToken says which runner it is', async () => {
  const { found } = await ask(RIGHTS['runnerToken']!.right, { headers: { 'runner-token': 'good' } })
  expect(found).toEqual({ id: 7, token: 'good', body: {} })
})
