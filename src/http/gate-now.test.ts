import { request, type IncomingHttpHeaders } from 'node:http'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sha256Hex, utf8, type LogFields } from '../base/index.ts'
import type { AskedFile, FileAnswer, Gate, GatePage, PageEntry, SmallAnswer } from '../gate/index.ts'
import { silentLog, systemClock, systemEntropy } from '../host/index.ts'
import { atOnceOf, createApp, type App } from './app.ts'
import type { AtOnce } from './at-once.ts'
import { gateRoutes } from './gate.ts'
import { createMetrics } from './metrics.ts'
import { measured } from './metrics-routes.ts'
import { anyone, type Right } from './route.ts'
import { listen, type Listening } from './server.ts'

const BYTES = utf8('x'.repeat(100_000))
const FILE = 'demo-1.0-py3-none-any.whl'
const PATH = `packages/ab/${FILE}`

const entry = (fileName: string, yanked: string | null): PageEntry => ({
  fileName,
  version: '1.0',
  href: `../../files/ours/packages/ab/${fileName}`,
  sha256: sha256Hex(BYTES),
  sizeBytes: BYTES.length,
  uploadedAtMs: 1_700_000_000_000,
  requiresPython: '>=3.9',
  metadataSha256: null,
  yanked,
  hasProvenance: false,
})

function pageOf(name: string, files: readonly PageEntry[]): GatePage {
  return { name, status: null, files, written: new Map() }
}

/** Knows two pages and a file, each at once. */
function fakeGate(name: string): Gate {
  const pages = new Map([
    ['demo', pageOf('demo', [entry(FILE, null), entry('demo-1.0.tar.gz', 'é refused')])],
    [
      'many',
      pageOf(
        'many',
        Array.from({ length: 500 }, (_, at) => entry(`many-1.${at}.tar.gz`, null)),
      ),
    ],
  ])
  const fileOf = ({ upstream, path, kind }: AskedFile): SmallAnswer | undefined =>
    upstream === 'ours' && path === PATH && kind === 'file'
      ? { kind: 'small', fileName: FILE, sha256: sha256Hex(BYTES), bytes: BYTES, wouldRefuse: null }
      : undefined
  const refused: FileAnswer = {
    kind: 'refused',
    id: '0123abcd',
    status: 403,
    code: 'gate.held',
    sentence: 'is held',
  }
  return {
    name,
    page: async (asked: string) => pages.get(asked) ?? pageOf(asked, []),
    file: async (asked: AskedFile) => fileOf(asked) ?? refused,
    pageNow: (asked: string) => pages.get(asked),
    fileNow: fileOf,
  } as Partial<Gate> as Gate
}

interface Line extends LogFields {
  readonly event: string
}

const pages = { why: () => new Response('why'), problem: () => new Response('problem') }
const refusing: Right<undefined> = { name: 'anyone', admit: () => undefined }
const lines: Line[] = []
const log = {
  ...silentLog,
  event: (event: string, fields: LogFields = {}) => lines.push({ event, ...fields }),
}
const metrics = createMetrics()
let app: App
let quick: Listening
let slow: Listening
let answeredAtOnce = 0

beforeAll(async () => {
  app = createApp({
    hosts: ['gate.example'],
    log,
    requests: { clock: systemClock, entropy: systemEntropy },
    measure: measured(metrics, systemClock),
    routes: [
      gateRoutes({
        gates: [
          { gate: fakeGate('prod'), readers: anyone },
          { gate: fakeGate('closed'), readers: refusing },
        ],
        pages,
        log,
      }),
    ],
  })
  const atOnce: AtOnce = (incoming, outgoing) => {
    const isAnswered = atOnceOf(app)!(incoming, outgoing)
    if (isAnswered) answeredAtOnce += 1
    return isAnswered
  }
  quick = await listen({ fetch: app.fetch, atOnce }, { host: '127.0.0.1', port: 0 })
  slow = await listen({ fetch: app.fetch }, { host: '127.0.0.1', port: 0 })
  // Pages are written for the first who asks.
  for (const name of ['demo', 'many'])
    for (const accept of ACCEPTS)
      await ask(slow, { ...PLAIN, path: `/gate/prod/simple/${name}/`, headers: { accept } })
})
afterAll(async () => {
  await Promise.all([quick.close(0), slow.close(0)])
})
beforeEach(() => {
  lines.length = 0
  answeredAtOnce = 0
})

interface Asked {
  readonly method: string
  readonly path: string
  /** Several values are several headers. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

const PLAIN: Asked = { method: 'GET', path: '/gate/prod/simple/demo/', headers: {} }
const JSON_TYPE = 'application/vnd.pypi.simple.v1+json'
const ACCEPTS = [JSON_TYPE, 'text/html', `${JSON_TYPE}, application/vnd.pypi.simple.v1+html;q=0.1`, '*/*']

interface Answer {
  readonly status: number | undefined
  readonly reason: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

function ask({ port }: Listening, { method, path, headers }: Asked): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, method, path, setHost: false, agent: false }
    const named = Object.entries({ ...headers, host: headers['host'] ?? 'gate.example' })
    const raw = named.flatMap(([name, values]) =>
      values === undefined ? [] : [values].flat().flatMap((value) => [name, value]),
    )
    const sent = request({ ...options, headers: raw }, (answer) => {
      const parts: Buffer[] = []
      answer.on('data', (part: Buffer) => parts.push(part))
      answer.once('end', () => {
        const { 'x-request-id': id, date: _date, ...rest } = answer.headers
        expect(id).toMatch(/^[0-9a-f]{16}$/)
        const body = Buffer.concat(parts).toString('latin1').replaceAll(String(id), 'ID')
        resolve({ status: answer.statusCode, reason: answer.statusMessage, headers: rest, body })
      })
    })
    sent.once('error', reject)
    sent.end()
  })
}

async function both(asked: Partial<Asked>): Promise<Answer> {
  const whole = { ...PLAIN, ...asked }
  const [one, other] = [await ask(quick, whole), await ask(slow, whole)]
  expect(one).toEqual(other)
  const shown = lines.map(({ requestId: _id, ms: _ms, ...line }) => line)
  expect(shown[0]).toEqual(shown[1])
  expect(shown).toHaveLength(2)
  lines.length = 0
  return one
}

describe('an answer at once', () => {
  it.each([
    ['a page', {}, 200],
    ['a page in gzip', { headers: { 'accept-encoding': 'gzip, deflate' } }, 200],
    ['a page that is too large for one text', { path: '/gate/prod/simple/many/' }, 200],
    ['a file', { path: `/gate/prod/files/ours/${PATH}` }, 200],
    ['a file at its other place', { path: `/gate/prod/recalled/ours/${PATH}` }, 200],
    [
      'a file that is known',
      { path: `/gate/prod/files/ours/${PATH}`, headers: { 'if-none-match': '*' } },
      304,
    ],
  ])('is that of the route: %s', async (_what, asked, status) => {
    const answer = await both(asked)
    expect(answer.status).toBe(status)
    expect(answeredAtOnce).toBe(1)
  })

  it('is 304 by the tag of each form, and not by that of another', async () => {
    const {
      headers: { etag = '' },
    } = await both({})
    const {
      headers: { etag: packed = '' },
    } = await both({ headers: { 'accept-encoding': 'gzip' } })
    expect((await both({ headers: { 'if-none-match': `"a", ${etag}` } })).status).toBe(304)
    expect((await both({ headers: { 'if-none-match': packed } })).status).toBe(200)
    expect(answeredAtOnce).toBe(4)
  })

  it.each([
    ['another host', { headers: { host: 'evil.example' } }, 421],
    ['a second host', { headers: { host: ['gate.example', 'evil.example'] } }, 421],
    ['HEAD', { method: 'HEAD' }, 200],
    ['a body', { headers: { 'content-length': '0' } }, 200],
    ['a part of a file', { path: `/gate/prod/files/ours/${PATH}`, headers: { range: 'bytes=1-2' } }, 206],
    ['its metadata', { path: `/gate/prod/files/ours/${PATH}.metadata` }, 403],
    ['a gate with another right', { path: '/gate/closed/simple/demo/' }, 200],
    ['a name that is not normalised', { path: '/gate/prod/simple/Demo/' }, 301],
    ['a page without its slash', { path: '/gate/prod/simple/demo' }, 301],
    ['a query', { path: '/gate/prod/simple/demo/?x' }, 200],
    ['no such gate', { path: '/gate/other/simple/demo/' }, 404],
    ['no type that a page has', { headers: { accept: 'image/png' } }, 406],
    ['a path that is written otherwise', { path: `/gate/prod/files/ours/x/../${PATH}` }, 200],
  ])('is left to the route: %s', async (_what, asked, status) => {
    expect((await both(asked)).status).toBe(status)
    expect(answeredAtOnce).toBe(0)
  })

  it('counts in the metrics as that of the route', async () => {
    const before = await metrics.text()
    await both({})
    expect(answeredAtOnce).toBe(1)
    const counted = (text: string): number =>
      Number(/requests_total\{[^}]*simple\/:name\/[^}]*2xx"\} (\d+)/.exec(text)?.[1])
    expect(counted(await metrics.text())).toBe(counted(before) + 2)
  })

  it('is that of the route, whatever is asked', async () => {
    const rarely = (values: fc.Arbitrary<string>) =>
      fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: values })
    const headers = fc.record({
      accept: fc.constantFrom(...ACCEPTS, ...ACCEPTS, '', 'text/html;q=0', 'x'.repeat(300)),
      'accept-encoding': fc.constantFrom('gzip', 'gzip;q=0', 'br', 'identity, x-gzip'),
      'if-none-match': rarely(
        fc.constantFrom('*', `"${sha256Hex(BYTES)}"`, `W/"${sha256Hex(BYTES)}"`, '"a"'),
      ),
      range: rarely(fc.constantFrom('bytes=0-9', 'bytes=-1', 'bytes=9-1')),
      host: rarely(fc.constantFrom('GATE.example', 'gate.example:80')),
      'x-request-id': rarely(fc.constant('mine')),
    })
    const page = fc
      .constantFrom('demo/', 'many/', 'Many/', '', '/')
      .map((name) => `/gate/prod/simple/${name}`)
    const inside = fc.constantFrom(PATH, PATH, `/${PATH}`, `./${PATH}`, PATH.replace('-', '%2D'))
    const file = inside.map((path) => `/gate/prod/files/ours/${path}`)
    const method = fc.constantFrom('GET', 'GET', 'GET', 'GET', 'HEAD', 'POST')
    const asked = fc.record({ method, path: fc.oneof(page, file), headers })
    await fc.assert(
      fc.asyncProperty(asked, async (one) => void (await both(one))),
      { numRuns: 80 },
    )
    expect(answeredAtOnce).toBeGreaterThan(5)
  })
})
