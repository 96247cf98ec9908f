import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join, relative } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { distributionOf } from '../../src/formats/python/archive/arrange.ts'
import { startServer, temporaryFolder, type Server } from '../support/server.ts'

/**
 * Names, versions and paths that want to be somewhere else, in both registries, against the real tree of files: nothing
 * comes anywhere but below the blobs, under its digest, and nothing is read that was not uploaded.
 */

const CANARY = 'only the owner of this machine may read this line'
let folder: { path: string; remove: () => Promise<void> }
let server: Server
let authorization: string
let before: ReadonlySet<string>

beforeAll(async () => {
  folder = await temporaryFolder()
  const above = join(folder.path, 'a', 'b')
  await mkdir(above, { recursive: true })
  server = await startServer(join(above, 'data'))
  for (const place of ['canary', 'a/canary', 'a/b/canary', 'a/b/data/canary', 'a/b/data/blobs/canary'])
    await writeFile(join(folder.path, place), CANARY)
  await server.admin('project', 'create', 'acme/tools', '--visibility', 'public')
  await server.admin('user', 'create', 'ada', '--admin')
  const { token } = await server.admin('token', 'create', '--user', 'ada', '--scope', 'api')
  authorization = `Bearer ${String(token)}`
  before = new Set(await tree())
})
afterAll(async () => {
  await server.stop()
  await folder.remove()
})

async function tree(): Promise<readonly string[]> {
  const entries = await readdir(folder.path, { recursive: true, withFileTypes: true })
  return entries.map(({ parentPath, name }) => relative(folder.path, join(parentPath, name)))
}

/** What a server may make while it runs. */
const OWN =
  /^a\/b\/data\/(?:blobs\/sha256\/[0-9a-f]{2}(?:\/[0-9a-f]{62})?|wheelseal\.db-(?:wal|shm|journal))$/

const STEPS = [
  ...['..', '.', '...', '%2e%2e', '.%2e', '%252e%252e', '%c0%ae%c0%ae', '..%00', '..;', '~', '~root'],
  ...['a', 'demo', '1.0', 'canary', 'data', 'blobs', 'keys', 'tmp', 'etc', 'passwd', 'instance.json', 'C:'],
  ...['lock.db', 'CON', 'aux.sig', '%EF%BC%8E%EF%BC%8E', '%E2%80%AE', '-rf', '$(id)', '`id`', '%0d%0a', '*'],
]
const SLASHES = ['/', '%2F', '%2f', '\\', '%5C', '//', '/./', '%252F', '%EF%BC%8F', '\u2215']
const step = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...STEPS) },
  { weight: 1, arbitrary: fc.string({ maxLength: 20 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 400 }).map((count) => 'x'.repeat(count)) },
)
const path = fc
  .array(fc.tuple(step, fc.constantFrom(...SLASHES)), { minLength: 1, maxLength: 8 })
  .map((steps) => steps.flat().slice(0, -1).join(''))
const below = fc
  .array(fc.constantFrom('a', 'demo', 'canary', 'data', 'keys', '1.0'), { minLength: 1, maxLength: 5 })
  .chain((steps) => fc.constantFrom('/', '%2F').map((slash) => steps.join(slash)))
const led = fc.tuple(fc.constantFrom('', '/', '../../../', 'a/'), path).map((parts) => parts.join(''))

interface Answer {
  readonly status: number
  readonly text: string
}

/** The path as it is, which `fetch` would put in order. Undefined where this client refuses to send it. */
function ask(
  method: string,
  target: string,
  options: { type?: string; body?: Buffer } = {},
): Promise<Answer> {
  const { hostname, port } = new URL(server.url)
  // oxlint-disable-next-line no-control-regex -- What HTTP does not let stand in a target is written in percent.
  const sendable = target.replaceAll(/[\u0000-\u0020\u007f-\uffff#?]/g, (one) =>
    encodeURIComponent(one.toWellFormed()),
  )
  const headers = { authorization, ...(options.type === undefined ? {} : { 'content-type': options.type }) }
  return new Promise((done, fail) => {
    const sent = request({ hostname, port, method, path: sendable, headers }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () => {
        const { statusCode: status = 0, statusMessage = '' } = response
        done({ status, text: `${statusMessage}\n${Buffer.concat(parts).toString()}` })
      })
    })
    sent.on('error', fail)
    sent.end(options.body)
  })
}

const PACKAGES = '/api/v4/projects/1/packages'

async function expectNothingElsewhere(): Promise<void> {
  const made = (await tree()).filter((place) => !before.has(place) && !OWN.test(place))
  expect(made).toEqual([])
}

function expectOwn({ status, text }: Answer): void {
  expect(status).toBeLessThan(500)
  expect(text).not.toContain(CANARY)
  expect(text).not.toContain(folder.path)
  expect(text).not.toContain('PRIVATE KEY')
}

const RUNS = 200

it('a generic file is kept under its digest, wherever its name leads', { timeout: 60_000 }, async () => {
  let taken = 0
  await fc.assert(
    fc.asyncProperty(fc.oneof(led, below), fc.constantFrom('demo/1.0/', 'demo/', ''), async (name, place) => {
      const target = `${PACKAGES}/generic/${place}${name}`
      const put = await ask('PUT', target, { body: Buffer.from('uploaded') })
      expectOwn(put)
      if (put.status === 201) taken += 1
      const got = await ask('GET', target)
      expectOwn(got)
      if (got.status === 200) expect(got.text).toContain('uploaded')
    }),
    { numRuns: RUNS },
  )
  expect(taken).toBeGreaterThan(10)
  await expectNothingElsewhere()
})

const quoted = (text: string): string => text.replaceAll(/["\r\n]/g, '%22')

function form(fields: { name: string; version: string; fileName: string }, bytes: Uint8Array): Buffer {
  const field = (key: string, text: string): string =>
    `--cut\r\nContent-Disposition: form-data; name="${key}"\r\n\r\n${text}\r\n`
  const { name, version, fileName } = fields
  const head = `${field('name', name)}${field('version', version)}--cut\r\nContent-Disposition: form-data; name="content"; filename="${quoted(fileName)}"\r\n\r\n`
  return Buffer.concat([Buffer.from(head), bytes, Buffer.from('\r\n--cut--\r\n')])
}

it(
  'a distribution is refused whose name, version or file name leads anywhere',
  { timeout: 60_000 },
  async () => {
    const bytes = distributionOf('demo-1.0.tar.gz')
    const either = (honest: string) =>
      fc.oneof(
        fc.constant(honest),
        led,
        led.map((text) => `${text}${honest}`),
      )
    const fields = fc.record({
      name: either('demo'),
      version: either('1.0'),
      fileName: either('demo-1.0.tar.gz'),
    })
    await fc.assert(
      fc.asyncProperty(fields, async (given) => {
        const type = 'multipart/form-data; boundary=cut'
        expectOwn(await ask('POST', `${PACKAGES}/pypi`, { type, body: form(given, bytes) }))
      }),
      // By chance alone no run may be honest in all three, and then nothing is listed.
      { numRuns: RUNS, examples: [[{ name: 'demo', version: '1.0', fileName: 'demo-1.0.tar.gz' }]] },
    )
    const listed = await ask('GET', `${PACKAGES}/pypi/simple/`)
    expect([...listed.text.matchAll(/href="([^"]*)"/g)].map(([, href]) => href)).toEqual(['demo/'])
    await expectNothingElsewhere()
  },
)

const STARTS = [
  ...['pypi/simple/', 'pypi/files/', `pypi/files/${'a'.repeat(64)}/`, 'pypi/integrity/demo/1.0/', 'generic/'],
  ...['generic/demo/1.0/', '', '../', '../../../../../tuf/'],
]
const PLACES = ['/tuf/', '/tuf/targets/', '/api/v4/groups/', '/api/v4/projects/', '/']

it('no step up leads to a file of the machine', { timeout: 60_000 }, async () => {
  const climbs = ['../', '..%2F', '..%2f', '%2e%2e/', '%2e%2e%2f', '..%5c'].flatMap((up) =>
    [1, 2, 3, 4, 5, 8].map((count) => up.repeat(count)),
  )
  const starts = [...PLACES, ...STARTS.map((start) => `${PACKAGES}/${start}`)]
  const targets = starts.flatMap((start) => climbs.map((climb) => `${start}${climb}canary`))
  for (const target of targets) expectOwn(await ask('GET', target))
})

it('nothing is read beside what was uploaded', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(led, fc.constantFrom(...STARTS), async (name, start) => {
      const got = await ask('GET', `${PACKAGES}/${start}${name}`)
      expectOwn(got)
    }),
    { numRuns: RUNS },
  )
  await fc.assert(
    fc.asyncProperty(led, fc.constantFrom(...PLACES), async (name, start) => {
      expectOwn(await ask('GET', `${start}${name}`))
    }),
    { numRuns: RUNS },
  )
  await expectNothingElsewhere()
})
