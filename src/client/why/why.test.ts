import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage, RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sha256Hex, utf8 } from '../../base/index.ts'
import { systemFiles } from '../../host/index.ts'
import { serve, type Running } from '../../net/arrange.ts'
import { createHttp } from '../../net/index.ts'
import { ALLOWED, LINKED, REFUSED, REFUSED_FILE } from './arrange.ts'
import { askWhy, type Why, type WhyIo } from './index.ts'

const WHEEL = 'demo-2.0-py3-none-any.whl'
const LINK = '/gate/prod/why/9f3a61c2'

let running: Running
let host: string
let folder: string
let asked: Pick<IncomingMessage, 'url' | 'headers'>[]
let answer: RequestListener
beforeAll(async () => {
  running = await serve((request, response) => {
    asked.push({ url: request.url, headers: request.headers })
    answer(request, response)
  })
  host = running.url.replace('http://', '')
  folder = await mkdtemp(join(tmpdir(), 'wheelseal-why-'))
})
afterAll(async () => {
  running.close()
  await rm(folder, { recursive: true })
})
beforeEach(() => {
  asked = []
  answer = (request, response) => {
    const known: Readonly<Record<string, unknown>> = {
      '/gate/prod/why/demo/2.0': REFUSED,
      '/gate/prod/why/demo/1.1': ALLOWED,
      [LINK]: LINKED,
    }
    const report = known[request.url ?? '']
    response.writeHead(report === undefined ? 404 : 200).end(JSON.stringify(report ?? { message: 'no such' }))
  }
})

const answering = (body: unknown, status = 200): void => {
  answer = (_request, response) => {
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body))
  }
}

const ask = (about: string, env: Readonly<Record<string, string>> = {}, gate?: string): Promise<Why> => {
  const http = createHttp({ env: {}, files: systemFiles })
  const io: WhyIo = { env: { PIP_CONFIG_FILE: '/dev/null', ...env }, files: systemFiles, http, home: folder }
  return askWhy(about, { gate }, io)
}
const here = (): string => `${running.url}/gate/prod`
const paths = (): readonly (string | undefined)[] => asked.map(({ url }) => url)

describe('the gate that is asked', () => {
  const release = '/gate/prod/why/demo/2.0'

  it.each<[string, (url: string) => Readonly<Record<string, string>>]>([
    ['WHEELSEAL_GATE', (url) => ({ WHEELSEAL_GATE: url, PIP_INDEX_URL: 'http://x.invalid/gate/x/simple/' })],
    ['WHEELSEAL_GATE with the index', (url) => ({ WHEELSEAL_GATE: `${url}/simple/` })],
    [
      'PIP_INDEX_URL',
      (url) => ({ PIP_INDEX_URL: `${url}/simple/`, UV_DEFAULT_INDEX: 'http://x.invalid/gate/x/simple/' }),
    ],
    [
      'UV_DEFAULT_INDEX',
      (url) => ({ PIP_INDEX_URL: 'https://x.invalid/simple', UV_DEFAULT_INDEX: `${url}/simple` }),
    ],
    ['UV_DEFAULT_INDEX with a name', (url) => ({ UV_DEFAULT_INDEX: `gate=${url}/simple/` })],
  ])('is that of %s', async (_what, env) => {
    expect(await ask('demo==2.0', env(here()))).toMatchObject({ gateUrl: here() })
    expect(paths()).toEqual([release])
  })

  it('is that of --gate before all', async () => {
    await ask('demo==2.0', { WHEELSEAL_GATE: 'http://x.invalid/gate/x' }, `${here()}/`)
    expect(paths()).toEqual([release])
  })

  it("is that of pip's configuration, of its section for install before the other", async () => {
    const [file, home] = [join(folder, 'own.conf'), join(folder, '.config/pip')]
    await mkdir(home, { recursive: true })
    await writeFile(join(home, 'pip.conf'), `[global]\nindex-url = ${here()}/simple/\n`)
    await ask('demo==2.0', { PIP_CONFIG_FILE: '' })
    const lines = [
      '[install]',
      `index_url: ${here()}/simple/`,
      '[global]',
      'index-url = http://x.invalid/gate/x/simple/',
    ]
    await writeFile(file, lines.join('\n'))
    await ask('demo==2.0', { PIP_CONFIG_FILE: file })
    expect(paths()).toEqual([release, release])
  })

  it('gets the credentials of a variable, and nobody else does', async () => {
    const env = { WHEELSEAL_GATE: here().replace('://', '://ada:p%40ss@') }
    await ask('demo==2.0', env)
    await ask(`${here()}/why/9f3a61c2`, env)
    await ask(`${running.url}/gate/other/why/9f3a61c2`, env).catch(() => undefined)
    const sent = asked.map(({ headers }) => headers.authorization)
    expect(sent).toEqual([`Basic ${btoa('ada:p@ss')}`, `Basic ${btoa('ada:p@ss')}`, undefined])
    expect(asked.map(({ headers }) => headers.accept)).toEqual(Array(3).fill('application/json'))
  })

  it('is named, or the question is wrong', async () => {
    const index = 'https://index.example/simple/'
    await expect(ask('demo==2.0', { PIP_INDEX_URL: index })).rejects.toMatchObject({ code: 'client.no-gate' })
    for (const gate of [index, 'gate.example/gate/prod', here().replace('://', '://ada:pass@')])
      await expect(ask('demo==2.0', {}, gate)).rejects.toMatchObject({ code: 'client.gate-url', exit: 2 })
    expect(asked).toEqual([])
  })
})

describe('a question', () => {
  it.each(['demo==2.0', 'Demo == 2.0', `/nowhere/${WHEEL}`])(
    'is of a release, or of a file by its name: %s',
    async (about) => {
      await ask(about, {}, here())
      expect(paths()).toEqual(['/gate/prod/why/demo/2.0'])
    },
  )

  it.each([
    `/gate/prod/why/demo/2.0`,
    `/gate/prod/files/pypi/packages/ab/${WHEEL}`,
    `/gate/prod/files/pypi/packages/ab/${WHEEL}.metadata`,
    `/gate/prod/recalled/pypi/packages/ab/${WHEEL}#sha256=ab`,
  ])('is a URL of a gate, which needs no other: %s', async (path) => {
    expect(await ask(`${running.url}${path}`)).toMatchObject({ gateUrl: here(), outcome: 'refused' })
    expect(paths()).toEqual(['/gate/prod/why/demo/2.0'])
  })

  it('is a URL elsewhere, of a file', async () => {
    await ask(`https://files.example/packages/${WHEEL}`, {}, here())
    expect(paths()).toEqual(['/gate/prod/why/demo/2.0'])
  })

  it('is the link of a refusal, with a scheme, with stars for credentials, without both, or its id', async () => {
    const links = [`http://${host}${LINK}`, `http://ada:****@${host}${LINK}`, `${host}${LINK}`]
    for (const link of links) expect((await ask(link)).refusal).toMatchObject({ id: '9f3a61c2', count: 6 })
    expect(await ask('9f3a61c2', {}, here())).toMatchObject({ report: { name: 'demo' }, isAllowed: false })
    expect(paths()).toEqual(Array(4).fill(LINK))
  })

  it.each([
    'demo',
    'demo==',
    'demo==1==2',
    'demo==x',
    '-==1',
    'x.whl',
    'https://h/x.txt',
    'https://h/gate/p/why/-/1',
    `${'a'.repeat(5000)}==1`,
  ])('is none of these: %.40s', async (about) => {
    const wrong = { code: 'client.why-question', exit: 2 }
    await expect(ask(about, {}, here())).rejects.toMatchObject(wrong)
    expect(asked).toEqual([])
  })
})

it('says once what was asked about, and what is wrong with it', async () => {
  await expect(ask('demo', {}, here())).rejects.toThrow(/^"demo" is not the file name of a wheel or sdist: /)
  await expect(ask('demo==x', {}, here())).rejects.toThrow(/^"demo==x": "x" is /)
})

describe('the answer', () => {
  it('is that a release is allowed, or not', async () => {
    const [refused, allowed] = [await ask('demo==2.0', {}, here()), await ask('demo==1.1', {}, here())]
    expect([refused.isAllowed, refused.report]).toEqual([false, REFUSED])
    expect([allowed.isAllowed, allowed.report]).toEqual([true, ALLOWED])
    for (const outcome of ['held', 'not judged'] as const) {
      answering({ ...REFUSED, outcome, files: [] })
      expect(await ask('demo==2.0', {}, here())).toMatchObject({ outcome, isAllowed: false })
    }
  })

  it('is of the file alone where one is asked about', async () => {
    const allowed = { ...REFUSED_FILE, outcome: 'allowed' }
    answering({ ...REFUSED, files: [allowed, { ...REFUSED_FILE, fileName: 'demo-2.0.tar.gz' }] })
    expect(await ask(`${running.url}/gate/prod/files/x/${WHEEL}`)).toMatchObject({ isAllowed: true })
    expect(await ask(`${running.url}/gate/prod/files/x/demo-2.0.tar.gz`)).toMatchObject({ isAllowed: false })
  })

  it.each([
    ['same', true, [{ ...REFUSED_FILE, sha256: sha256Hex(utf8('wheel')) }]],
    ['other', false, [REFUSED_FILE]],
    ['not listed', false, [{ ...REFUSED_FILE, sha256: null }]],
    ['not listed', false, []],
  ] as const)(
    'says whether a file here is the one that is allowed: %s, %j',
    async (compared, isAllowed, files) => {
      const path = join(folder, WHEEL)
      await writeFile(path, 'wheel')
      const outcome = 'allowed'
      answering({ ...REFUSED, outcome, files: files.map((file) => ({ ...file, outcome })) })
      expect(await ask(path, {}, here())).toMatchObject({
        isAllowed,
        file: { fileName: WHEEL, sha256: sha256Hex(utf8('wheel')), compared },
      })
    },
  )

  it('leaves out what a later gate adds', async () => {
    answering({ ...REFUSED, more: 1, files: [{ ...REFUSED_FILE, more: 1 }] })
    expect((await ask('demo==2.0', {}, here())).report).toEqual({ ...REFUSED, files: [REFUSED_FILE] })
  })
})

describe('no answer', () => {
  const failing = (code: string, status: number): object => ({ code, status, exit: 1 })

  it('is a failure where nobody listens, and never an absence', async () => {
    const gone = await serve(() => undefined)
    gone.close()
    await expect(ask('demo==2.0', {}, `${gone.url}/gate/prod`)).rejects.toMatchObject(
      failing('client.gate', 502),
    )
  })

  it.each([
    [404, 'client.gate-unknown', 404],
    [401, 'client.gate-access', 401],
    [403, 'client.gate-access', 401],
    [301, 'client.gate', 502],
    [424, 'client.gate', 502],
  ])('is told with the words of a %i', async (given, code, status) => {
    answering({ message: 'because so' }, given)
    const error = ask('demo==2.0', {}, here())
    await expect(error).rejects.toMatchObject(failing(code, status))
    await expect(error).rejects.toThrow(`answered ${given}: because so`)
  })

  it.each<[string, unknown]>([
    ['a page', '<html>'],
    ['too much', JSON.stringify('x'.repeat(9 << 20))],
    ['another outcome', { ...REFUSED, outcome: 'fine' }],
    ['a missing member', { ...REFUSED, files: undefined }],
    ['a time that is none', { ...REFUSED, files: [{ ...REFUSED_FILE, uploadedAt: 'today' }] }],
    ['another digest', { ...REFUSED, files: [{ ...REFUSED_FILE, sha256: 'AB'.repeat(32) }] }],
    ['endless claims', { ...REFUSED, rule: 'x'.repeat(5000) }],
    ['another package', { ...REFUSED, name: 'other' }],
    ['another version', { ...REFUSED, version: '2.1' }],
    ['a version that is none', { ...REFUSED, version: '?' }],
  ])('is a report that has %s', async (_what, body) => {
    answering(body)
    await expect(ask('demo==2.0', {}, here())).rejects.toMatchObject(failing('client.gate', 502))
  })

  it('is the report of another refusal, or of none', async () => {
    for (const body of [REFUSED, { ...LINKED, refusal: { ...LINKED.refusal, id: '00000000' } }]) {
      answering(body)
      await expect(ask('9f3a61c2', {}, here())).rejects.toMatchObject(failing('client.gate', 502))
    }
  })
})
