import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { distributionOf } from '../../src/formats/python/archive/arrange.ts'
import { ownAddress } from '../../src/host/arrange.ts'
import { systemClock } from '../../src/host/index.ts'
import { projectVariables } from '../../src/repositories/index.ts'
import { withAdmin } from '../../src/server/index.ts'
import { componentContent } from '../support/component.ts'
import { expired } from '../support/expired-token.ts'
import { jobNamed, startOutcomeBench, type Ended, type OutcomeBench } from '../support/outcomes.ts'
import { wheelseal } from '../support/program.ts'
import { STAGES } from '../support/stages.ts'
import { temporaryFolder } from '../support/server.ts'

/**
 * The pipeline of the template with one fault each: which stage fails, what its log says, and that nothing after it ran.
 * Its files are built beforehand; every other line is the template's own.
 */

const WHEEL = 'demo-1.0-py3-none-any.whl'
const SDIST = 'demo-1.0.tar.gz'
const LIFE_OF_A_TOKEN_MS = 15 * 60_000

let folder: { path: string; remove: () => Promise<void> }
let bench: OutcomeBench
let rekor: Server
let variables: readonly { readonly key: string; readonly value: string; readonly isFile: boolean }[]
let aheadMs = 0
let freeBytes = Infinity

const at = (name: string): string => join(folder.path, name)

beforeAll(async () => {
  folder = await temporaryFolder()
  bench = await startOutcomeBench({
    clock: { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs },
    freeBytes: async () => freeBytes,
    path: [dirname(wheelseal)],
  })
  await writeFiles(at('dist'))
  await writeFile(at('expire.mjs'), `${expired.toString()}\nconsole.log(expired(process.argv[2]))\n`)
  rekor = await startBrokenRekor()
  const trust = await withAdmin(bench.server.data, (admin) => admin.trust())
  const ref = { name: 'main', type: 'branch' } as const
  variables = projectVariables(trust, { path: 'acme/first', ref, configPath: '.gitlab-ci.yml' })
})
afterAll(async () => {
  await bench.close()
  rekor.closeAllConnections()
  rekor.close()
  await folder.remove()
})

/** What `wheelseal build --dotenv` leaves. */
async function writeFiles(place: string): Promise<void> {
  await mkdir(place)
  const lines = ['RELEASE_NAME=demo', 'RELEASE_VERSION=1.0']
  for (const [kind, name] of [
    ['WHEEL', WHEEL],
    ['SDIST', SDIST],
  ] as const) {
    const bytes = distributionOf(name)
    await writeFile(join(place, name), bytes)
    lines.push(`RELEASE_${kind}=${name}`, `RELEASE_${kind}_SHA256=${sha256(bytes)}`)
  }
  await writeFile(join(place, 'release.env'), `${lines.join('\n')}\n`)
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Takes one entry, as the log of the instance does, then answers 500. */
async function startBrokenRekor(): Promise<Server> {
  let taken = 0
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body: Buffer[] = []
    for await (const chunk of request) body.push(chunk as Buffer)
    taken += 1
    const gone = { status: 500, text: '{"code":500,"message":"tree is gone"}' }
    const { status, text } = taken > 1 ? gone : await passedOn(request.url ?? '', Buffer.concat(body))
    response.writeHead(status, { 'content-type': 'application/json' }).end(text)
  }
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return server
}

async function passedOn(path: string, body: Buffer): Promise<{ status: number; text: string }> {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(new URL(path, bench.server.url), {
    method: 'POST',
    headers,
    body: new Uint8Array(body),
  })
  return { status: answer.status, text: await answer.text() }
}

/** The template, of files that are there, with more lines before those of one job. */
function pipelineWith(stage: string, before: readonly string[]): string {
  const pipeline = componentContent()
  const script = [`mkdir dist && cp ${at('dist')}/* dist/`]
  pipeline['build'] = { ...pipeline['build'], script }
  delete pipeline['.wheelseal']?.['image']
  if (before.length > 0) pipeline[stage] = { ...pipeline[stage], before_script: before }
  return JSON.stringify(pipeline)
}

interface Fault {
  readonly stage: string
  readonly before?: readonly string[]
  readonly more?: Readonly<Record<string, string>>
}

async function run({ stage, before = [], more = {} }: Fault): Promise<Ended & { readonly log: string }> {
  const own = Object.entries(more).map(([key, value]) => ({ key, value }))
  const text = pipelineWith(stage, before)
  const ended = await bench.run(text, { variables, pipelineVariables: own })
  return { ...ended, log: await bench.log(jobNamed(ended.view, stage).id) }
}

/** Those before have passed, and none after it was begun. */
function expectFailedIn(stage: string, { jobs, state }: Pick<Ended, 'jobs' | 'state'>): void {
  const here = STAGES.indexOf(stage)
  const states = STAGES.map((name, index) => [
    name,
    index < here ? 'success' : index === here ? 'failed' : 'skipped',
  ])
  expect([state, jobs]).toEqual(['failed', Object.fromEntries(states)])
}

const swap = (one: string, other: string): string =>
  `mv ${one} kept && mv ${other} ${one} && mv kept ${other}`

describe.concurrent('the pipeline of the template', { timeout: 120_000 }, () => {
  it.each<[string, Fault, RegExp]>([
    [
      'whose wheel was altered after it was signed',
      { stage: 'verify', before: [`printf x >> dist/${WHEEL}`] },
      new RegExp(`dist/${WHEEL}: FAILED`),
    ],
    [
      'with the signature of another file',
      {
        stage: 'verify',
        before: ['rm -f dist/*.sigstore.json', swap(`dist/${WHEEL}.sig`, `dist/${SDIST}.sig`)],
      },
      /refused: the signature does not match the file/,
    ],
    [
      'without one of the certificates',
      { stage: 'verify', before: ['rm -f dist/*.sigstore.json', `rm dist/${WHEEL}.crt`] },
      new RegExp(`${WHEEL}\\.crt was not found`),
    ],
    [
      'with the wrong identity in its variable',
      { stage: 'verify', before: ['export SIGNED_REF=refs/heads/other'] },
      /issued to a different identity[^]*expected +\S+@refs\/heads\/other/,
    ],
    [
      'without a log',
      { stage: 'sign', before: ['export WHEELSEAL_REKOR_URL=http://$NOWHERE'] },
      /log\/entries: connect ECONNREFUSED/,
    ],
    [
      'whose log fails after the first entry',
      { stage: 'sign', before: ['export WHEELSEAL_REKOR_URL=http://$BROKEN'] },
      /log\/entries answered 500: tree is gone/,
    ],
    [
      'whose id token has expired',
      {
        stage: 'sign',
        before: ['export SIGSTORE_ID_TOKEN="$(node "$EXPIRE" "$SIGSTORE_ID_TOKEN")"'],
      },
      /the id token expired \d+ seconds ago/,
    ],
  ])('%s fails in its stage, and says why', async (_what, fault, why) => {
    const more = {
      NOWHERE: await ownAddress(),
      BROKEN: `127.0.0.1:${(rekor.address() as AddressInfo).port}`,
      EXPIRE: at('expire.mjs'),
    }
    const { log, ...ended } = await run({ ...fault, more })
    expectFailedIn(fault.stage, ended)
    expect(log).toMatch(why)
  })
})

it.each([
  ['sets no variable of a job with a token', 'WHEELSEAL_REKOR_URL=http://127.0.0.1:1', 'success'],
  ['names no file elsewhere', 'RELEASE_WHEEL=../demo-1.0-py3-none-any.whl', 'success'],
  ['names no second file', 'RELEASE_WHEEL=other-1.0-py3-none-any.whl', 'failed'],
])(
  'what a back end adds to the release of the template %s',
  { timeout: 120_000 },
  async (_what, line, state) => {
    const pipeline = JSON.parse(pipelineWith('build', [])) as Record<string, { script: readonly string[] }>
    const script = [...(pipeline['build']?.script ?? []), `echo '${line}' >> dist/release.env`]
    const needed = Object.fromEntries(['sign', 'verify'].map((name) => [name, pipeline[name]]))
    const { stages } = pipeline
    const hidden = Object.fromEntries(Object.entries(pipeline).filter(([name]) => name.startsWith('.')))
    const text = JSON.stringify({ stages, ...hidden, build: { ...pipeline['build'], script }, ...needed })
    expect((await bench.run(text, { variables })).state).toBe(state)
  },
)

/** Starts the pipeline and does that while a job of this stage runs, which then goes on. */
async function runAnd(stage: string, happen: (id: number) => void | Promise<unknown>): Promise<Ended> {
  const [begun, mayGoOn] = [at(`${stage}-begun`), at(`${stage}-goes-on`)]
  const before = [`touch ${begun}`, `until [ -e ${mayGoOn} ]; do sleep 0.05; done`]
  const { id } = await bench.start(pipelineWith(stage, before), { variables })
  await bench.until(id, () => existsSync(begun))
  await happen(id)
  await writeFile(mayGoOn, '')
  return bench.ended(id)
}

/** One after another: they move what the server has for all. */
describe('in the middle of a stage', { timeout: 120_000 }, () => {
  it('a disk of the server that is full is named', async () => {
    const ended = await runAnd('publish_signatures', () => void (freeBytes = 0))
    freeBytes = Infinity
    expectFailedIn('publish_signatures', ended)
    expect(await bench.log(jobNamed(ended.view, 'publish_signatures').id)).toMatch(
      /answered 507 to the upload of \S+: 507 Insufficient Storage - the disk has 0 MiB free/,
    )
  })

  it('a registry that has the version with other bytes refuses it, before anything of it is published', async () => {
    await publishOther()
    const { log, ...ended } = await run({ stage: 'publish_signatures' })
    expectFailedIn('publish_signatures', ended)
    expect(log).toMatch(/raise the version/)
  })

  it('a person who cancels it ends it there', async () => {
    const { id } = await bench.start(pipelineWith('sign', [`touch ${at('held')}; sleep 300`]), {
      variables,
    })
    await bench.until(id, () => existsSync(at('held')))
    await bench.server.services.pipelines.cancel(id)
    const { state, jobs, view } = await bench.ended(id)
    const rest = STAGES.slice(1).map((name) => [name, 'canceled'])
    expect([state, jobs]).toEqual(['canceled', { build: 'success', ...Object.fromEntries(rest) }])
    await expect.poll(() => bench.log(jobNamed(view, 'sign').id)).toMatch(/Job canceled/)
  })

  it('the end of a job’s id token is that of its time: it fails there', async () => {
    const ended = await runAnd('sign', () => void (aheadMs = LIFE_OF_A_TOKEN_MS + 1000))
    expectFailedIn('sign', ended)
    expect(jobNamed(ended.view, 'sign')).toMatchObject({ failureReason: 'job_execution_timeout' })
  })
})

/** The wheel of the version, with bytes of its own. */
async function publishOther(): Promise<void> {
  const { token } = await bench.server.services.access.createToken({ login: 'ada', scopes: ['api'] })
  const form = new FormData()
  for (const [name, value] of Object.entries({ name: 'demo', version: '1.0' })) form.append(name, value)
  form.append('content', new Blob([Uint8Array.from(distributionOf(WHEEL, { content: 'x = 2' }))]), WHEEL)
  const url = `${bench.server.url}/api/v4/projects/1/packages/pypi`
  const headers = { 'private-token': token.reveal() }
  expect((await fetch(url, { method: 'POST', headers, body: form })).status).toBe(201)
}
