import { afterEach, describe, expect, it } from 'vitest'
import { sha256Hex, utf8, utf8Decode } from '../../base/index.ts'
import type { SealAnswer } from '../../gate/index.ts'
import { before, closeAll, code, host, listedAt, status, to, WHEEL, type Answers } from './arrange.ts'
import type { GateUpstreamConfig } from './index.ts'

afterEach(closeAll)

const OBJECT = '{"version":1}'
type Config = Partial<GateUpstreamConfig>
type Provenance = ReturnType<typeof listedAt>['provenance']

interface Found {
  readonly answer: SealAnswer
  readonly asked: readonly string[]
  readonly url: string
}

async function find(
  answers: Answers,
  { provenance = { kind: 'unsaid' }, ...config }: Config & { readonly provenance?: Provenance | string } = {},
): Promise<Found> {
  const { upstream, asked, url } = await before(answers, config)
  const said =
    typeof provenance === 'string' ? ({ kind: 'at', url: `${url}${provenance}` } as const) : provenance
  const answer = await upstream.seals('demo', listedAt(url, { provenance: said }))
  return { answer, asked: asked.map(({ path }) => path), url }
}

const kindsOf = ({ answer }: Found): readonly string[] =>
  answer.kind === 'blind'
    ? ['blind']
    : answer.seals.map(({ kind, source }) => `${kind} ${new URL(source).pathname}`)
const NO_SEALS = { kind: 'seals', seals: [] }

describe('seals of provenance', () => {
  it('are the object to which the page leads, kept as it came', async () => {
    const { answer, url } = await find({ '/p': ` ${OBJECT}\n` }, { provenance: '/p' })
    const bytes = utf8(` ${OBJECT}\n`)
    expect(answer).toEqual({
      kind: 'seals',
      seals: [{ kind: 'provenance', source: `${url}/p`, sha256: sha256Hex(bytes), bytes: expect.anything() }],
    })
    expect(answer.kind === 'seals' && Buffer.from(answer.seals[0]?.bytes ?? []).equals(bytes)).toBe(true)
  })

  it.each([404, 410])('are none where that is gone with %i', async (gone) => {
    expect((await find({ '/p': status(gone) }, { provenance: '/p' })).answer).toEqual(NO_SEALS)
  })

  it.each([401, 403, 429, 500, 503])('stay open with %i, which is not asked for again', async (refusal) => {
    let count = 0
    const counted: Answers = {
      '/p': (request, response) => {
        count += 1
        status(refusal)(request, response)
      },
    }
    await expect(find(counted, { provenance: '/p' })).rejects.toThrow(code('net.refused'))
    expect(count).toBe(1)
  })

  it('stay open when they do not come', async () => {
    const scene = await before({ '/p': () => undefined }, {}, { limits: { sealMs: 60 } })
    const file = listedAt(scene.url, { provenance: { kind: 'at', url: `${scene.url}/p` } })
    await expect(scene.upstream.seals('demo', file)).rejects.toThrow(code('net.timeout'))
  })

  it.each([
    ['a page to log in', '<html>'],
    ['a list', '[]'],
    ['nothing', ''],
    ['more than 1 MiB', `{"x":"${'x'.repeat(1 << 20)}"}`],
  ])('stay open with %s', async (_what, body) => {
    await expect(find({ '/p': body }, { provenance: '/p' })).rejects.toThrow(code('net.reply'))
  })

  it('stay open where they are on a host that is not listed, which is never asked', async () => {
    const other = await host({ '/p': OBJECT })
    const provenance = { kind: 'at', url: `${other.url}/p` } as const
    await expect(find({}, { provenance })).rejects.toThrow(code('net.other-host'))
    await expect(find({ '/p': to(`${other.url}/p`) }, { provenance: '/p' })).rejects.toThrow(
      code('net.other-host'),
    )
    expect(other.asked).toEqual([])
  })

  it('are none where the page says so, and unknown where it says nothing', async () => {
    expect((await find({}, { provenance: { kind: 'none' } })).answer).toEqual(NO_SEALS)
    expect((await find({})).answer).toEqual({ kind: 'blind' })
  })
})

describe('seals of an address of its own', () => {
  const configured = async (provenanceUrl: string, provenance: Provenance = { kind: 'unsaid' }) => {
    const origin = await host({ [`/i/demo/1.0/${WHEEL}/provenance`]: OBJECT })
    const found = await find(
      {},
      { provenance, provenanceUrl: `${origin.url}${provenanceUrl}`, files: [new URL(origin.url).host] },
    )
    return { ...found, origin }
  }
  const TEMPLATE = '/i/{name}/{version}/{file}/provenance'

  it('are looked for there where the page says nothing, and nowhere where it says that there are none', async () => {
    expect(kindsOf(await configured(TEMPLATE))).toEqual([`provenance /i/demo/1.0/${WHEEL}/provenance`])
    expect((await configured('/other/{name}')).answer).toEqual(NO_SEALS)
    const silent = await configured(TEMPLATE, { kind: 'none' })
    expect([silent.answer, silent.origin.asked]).toEqual([NO_SEALS, []])
  })

  it.each(['https://{name}/p', 'https://index.example/{sha}', 'ftp://index.example/{name}', 'x'])(
    'are never at %s',
    async (provenanceUrl) => {
      await expect(before({}, { provenanceUrl })).rejects.toThrow(code('net.url'))
    },
  )
})

describe('seals beside a file', () => {
  it('are a bundle and an attestation', async () => {
    const found = await find(
      { [`/files/${WHEEL}.sigstore.json`]: OBJECT, [`/files/${WHEEL}.publish.attestation`]: OBJECT },
      { seals: 'beside' },
    )
    expect(kindsOf(found)).toEqual([
      `bundle /files/${WHEEL}.sigstore.json`,
      `bundle /files/${WHEEL}.publish.attestation`,
    ])
  })
  it('are none where neither is there', async () => {
    expect((await find({}, { seals: 'beside' })).answer).toEqual(NO_SEALS)
  })
  it('stay open where one of both cannot be had', async () => {
    const answers = {
      [`/files/${WHEEL}.sigstore.json`]: OBJECT,
      [`/files/${WHEEL}.publish.attestation`]: status(500),
    }
    await expect(find(answers, { seals: 'beside' })).rejects.toThrow(code('net.refused'))
  })
})

describe('seals of an index that has none', () => {
  it('are none, and nobody is asked', async () => {
    const found = await find({}, { seals: 'none', provenance: '/p' })
    expect([found.answer, found.asked]).toEqual([NO_SEALS, []])
  })
})

const API = '/api/v4'
const inProject = (id: string, name = 'demo'): string =>
  `${API}/projects/${id}/packages/generic/${name}/1.0/${WHEEL}`

async function findGeneric(index: string, answers: Answers, fileName = WHEEL): Promise<Found> {
  const { url: base, asked: askedOf } = await host(answers)
  const scene = await before({}, { seals: 'generic', url: `${base}${API}${index}` })
  const file = listedAt(base, { fileName })
  const answer = await scene.upstream.seals('demo', file)
  return { answer, asked: askedOf.map(({ path }) => path), url: base }
}

describe('seals of the generic packages of a GitLab project', () => {
  const PROJECT = '/projects/7/packages/pypi/simple'

  it('are the bundle, and then nothing else is asked', async () => {
    const found = await findGeneric(PROJECT, { [`${inProject('7')}.sigstore.json`]: OBJECT })
    expect(kindsOf(found)).toEqual([`bundle ${inProject('7')}.sigstore.json`])
    expect(found.asked).toHaveLength(1)
  })

  it('are the signature and the certificate where there is no bundle', async () => {
    const pair = { [`${inProject('7')}.sig`]: 'sig', [`${inProject('7')}.crt`]: 'crt' }
    const { answer } = await findGeneric(PROJECT, pair)
    const seal = answer.kind === 'seals' ? answer.seals[0] : undefined
    expect([seal?.kind, utf8Decode(seal?.bytes ?? utf8(''))]).toEqual([
      'pair',
      '{"certificate":"Y3J0","signature":"c2ln"}',
    ])
  })

  it.each(['.sig', '.crt'])('are none with half of a pair, %s', async (half) => {
    expect((await findGeneric(PROJECT, { [`${inProject('7')}${half}`]: 'x' })).answer).toEqual(NO_SEALS)
  })

  it('stay open where the login may not read them', async () => {
    const answers = { [`${inProject('7')}.sigstore.json`]: status(403) }
    await expect(findGeneric(PROJECT, answers)).rejects.toThrow(code('net.refused'))
  })

  it('are found under the name of the project and every spelling of the package', async () => {
    const file = 'My_Demo-1.0-py3-none-any.whl'
    const { asked } = await findGeneric('/projects/acme%2Fdemo-tools/packages/pypi/simple/', {}, file)
    const names = asked.map((path) => path.split('/generic/')[1]).filter((path) => path?.endsWith('.json'))
    expect(names).toEqual(
      ['demo-tools', 'my-demo', 'my_demo', 'My_Demo'].map((name) => `${name}/1.0/${file}.sigstore.json`),
    )
  })

  it('need the index of a GitLab', async () => {
    await expect(before({}, { seals: 'generic' })).rejects.toThrow(code('net.url'))
  })
})

describe('seals of the generic packages of a GitLab group', () => {
  const GROUP = '/groups/9/-/packages/pypi/simple'
  const row = (more: object = {}): object => ({
    name: 'demo',
    version: '1.0',
    project_id: 7,
    project_path: 'acme/tools',
    ...more,
  })
  const LIST = `${API}/groups/9/packages`

  it('are those of the project that has the release', async () => {
    const others = [row({ name: 'demo-extra', project_id: 1 }), row({ version: '1.1', project_id: 2 })]
    const found = await findGeneric(GROUP, {
      [LIST]: JSON.stringify([...others, row()]),
      [`${inProject('7', 'tools')}.sigstore.json`]: OBJECT,
    })
    expect(kindsOf(found)).toEqual([`bundle ${inProject('7', 'tools')}.sigstore.json`])
    expect(found.asked).toEqual([
      `${LIST}?package_type=pypi&package_name=demo&package_version=1.0&per_page=100`,
      `${inProject('7', 'tools')}.sigstore.json`,
    ])
  })

  it.each([
    ['no list', '{}', 'net.reply'],
    ['a row without a project', '[{"name":"demo","version":"1.0"}]', 'net.reply'],
    ['a project that is a path', JSON.stringify([row({ project_id: '../7' })]), 'net.reply'],
    ['a list that goes on', JSON.stringify(Array.from({ length: 100 }, () => row())), 'net.reply'],
    ['many projects', JSON.stringify([1, 2, 3, 4, 5, 6].map((id) => row({ project_id: id }))), 'net.reply'],
    ['no right to list', status(403), 'net.refused'],
    ['no such list', status(404), 'net.reply'],
  ])('stay open with %s', async (_what, list, expected) => {
    await expect(findGeneric(GROUP, { [LIST]: list })).rejects.toThrow(code(expected))
  })
})
