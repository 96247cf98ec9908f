import { Hono } from 'hono'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { FailedTries } from '../access/index.ts'
import { silentLog } from '../host/index.ts'
import { pipelineErrors, type JobClaim } from '../pipelines/index.ts'
import { failures } from './failures.ts'
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
const tries = new FailedTries({ nowMs: () => 0, sleep: async () => undefined })
const parts = { pipelines: { ...pipelines, checkReader: pipelines.checkClaim }, tries }
const Body = v.object({ token: v.nullish(v.string()), state: v.nullish(v.string()) })

const RIGHTS: Readonly<Record<string, { readonly right: Right<unknown>; readonly header: string }>> = {
  runnerToken: { right: runnerToken(parts, Body), header: 'runner-token' },
  jobToken: { right: jobToken(parts), header: 'job-token' },
  jobTokenOrBody: { right: jobTokenOrBody(parts, Body), header: 'job-token' },
  jobTokenOfPipeline: { right: jobTokenOfPipeline(parts), header: 'job-token' },
}

interface Asked {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly jobId?: number
}

/** What the handler got, undefined where it did not run. */
async function ask(right: Right<unknown>, { headers = {}, body = '{}', jobId = 301 }: Asked) {
  let found: unknown
  const app = new Hono<Bindings>()
  app.onError(failures(silentLog))
  routesOn(app).put('/:id', right, (context, given) => {
    found = given
    return context.text('')
  })
  const all = { 'content-type': 'application/json', ...headers }
  const request = new Request(`http://server/${jobId}`, { method: 'PUT', headers: all, body })
  const { status } = await app.request(request)
  return { status, found, isBodyRead: request.bodyUsed }
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

it('runnerToken says which runner it is', async () => {
  const { found } = await ask(RIGHTS['runnerToken']!.right, { headers: { 'runner-token': 'good' } })
  expect(found).toEqual({ id: 7, token: 'good', body: {} })
})
