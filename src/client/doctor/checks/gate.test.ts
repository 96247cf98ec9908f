import { describe, expect, it } from 'vitest'
import type { GateStatus } from '../../../gate/index.ts'
import { look, shortly, type Machine } from '../arrange.ts'
import { gateCheck } from './gate.ts'

const GATE = 'http://127.0.0.1:7712/gate/prod'
const PROBE = `${GATE}/why/00000000`
const env = { HOME: '/home/ada', PIP_INDEX_URL: `${GATE}/simple/` }
const answering = { [PROBE]: { status: 404, body: '{"code":"gate.unknown"}' } }
const OK = `ok gate prod answers at ${GATE} (PIP_INDEX_URL)`

describe('the check of the gate', () => {
  it('says nothing where no installer is aimed at one', async () => {
    expect((await look(gateCheck, { env: { HOME: '/home/ada' } }))[0]?.outcome).toBe('skipped')
  })

  it.each<[string, Machine['replies'], string]>([
    ['answers', answering, OK],
    ['is away', {}, `failed the gate at ${GATE} (PIP_INDEX_URL) does not answer`],
    [
      'asks for a token',
      { [PROBE]: { status: 401 } },
      `failed the gate at ${GATE} (PIP_INDEX_URL) answers 401`,
    ],
    ['is a server without it', { [PROBE]: { status: 404 } }, `failed no gate at ${GATE} (PIP_INDEX_URL)`],
    ['is a page of others', { [PROBE]: { body: '<html>' } }, `failed no gate at ${GATE} (PIP_INDEX_URL)`],
  ])('says of one that %s what is so', async (_what, replies = {}, expected) => {
    const said = await shortly(gateCheck, { env, replies })
    expect(said).toEqual([expect.stringContaining(expected)])
  })

  const PUBLIC = 'https://index.example/simple/'
  it.each<[string, Machine]>([
    ['PIP_EXTRA_INDEX_URL', { env: { PIP_EXTRA_INDEX_URL: `${GATE}/simple ${PUBLIC}` } }],
    ['UV_INDEX', { env: { UV_INDEX: `public=${PUBLIC}` } }],
    [
      '/etc/pip.conf',
      { texts: { '/etc/pip.conf': `[global]\nextra-index-url =\n    ${PUBLIC}\ntimeout = 5\n` } },
    ],
    ['/etc/uv/uv.toml', { texts: { '/etc/uv/uv.toml': `[[index]]\nurl = "${PUBLIC}"\n` } }],
  ])('warns of an extra index, in %s', async (from, { env: more = {}, ...machine }) => {
    const said = await shortly(gateCheck, { replies: answering, env: { ...env, ...more }, ...machine })
    expect(said).toEqual([OK, `warning an extra index passes the gate by: ${PUBLIC} (${from})`])
  })

  it('warns of no extra index that is the gate, and of none in a file that pip does not read', async () => {
    const texts = { '/etc/pip.conf': `[global]\nextra-index-url = ${PUBLIC}\n` }
    const more = { PIP_EXTRA_INDEX_URL: `${GATE}/simple/`, PIP_CONFIG_FILE: '/dev/null' }
    expect(await shortly(gateCheck, { replies: answering, env: { ...env, ...more }, texts })).toEqual([OK])
  })

  const FOLDER = '/home/ada/demo'
  const listed = { [FOLDER]: ['requirements-dev.txt', 'README.md'], [`${FOLDER}/requirements`]: ['ci.in'] }
  it.each<[string, string, string, string?]>([
    ['requirements-dev.txt', `demo\n--extra-index-url ${PUBLIC}\n`, ' line 2'],
    ['requirements-dev.txt', `# --index-url x\n-i${PUBLIC} --pre\n`, ' line 2'],
    ['requirements-dev.txt', `--extra \\\n  "${PUBLIC}"\n`, ' line 2'],
    ['requirements/ci.in', `--find-links=${PUBLIC}\n`, ' line 1'],
    ['pyproject.toml', `[[tool.uv.index]]\nname = "x"\nexplicit = true\nurl = "${PUBLIC}"\n`, ' [tool.uv]'],
    ['pyproject.toml', `[tool.uv]\nindex-url = "${PUBLIC}"\n`, ' [tool.uv]'],
    ['pyproject.toml', `[[tool.poetry.source]]\nname = "x"\nurl = "${PUBLIC}"\n`, ' [[tool.poetry.source]]'],
    ['pyproject.toml', '[[tool.poetry.source]]\nname = "PyPI"\n', ' [[tool.poetry.source]]', 'PyPI'],
    ['pyproject.toml', `[[tool.pdm.source]]\nname = "pypi"\nurl = "${PUBLIC}"\n`, ' [[tool.pdm.source]]'],
    ['uv.toml', `[[index]]\ndefault = true\nurl = "${PUBLIC}"\n`, ''],
    ['Pipfile', `[[source]]\nurl = "${PUBLIC}"\n`, ''],
    ['pip.conf', `[global]\nindex-url = ${PUBLIC}\n`, ''],
  ])(
    'warns of an index that a file of the project names: %s with %j',
    async (...[file, text, where, shown = PUBLIC]) => {
      const texts = { [`${FOLDER}/${file}`]: text }
      const said = await shortly(gateCheck, {
        replies: answering,
        env,
        listed,
        texts,
        io: { folder: FOLDER },
      })
      const warned = `warning an extra index passes the gate by: ${shown} (${file}${where})`
      expect(said).toEqual([OK, warned])
    },
  )

  it('warns of no file of the project that names the gate, or nothing else than this machine has', async () => {
    const texts = {
      [`${FOLDER}/requirements-dev.txt`]: `-i ${GATE}/simple/\n--find-links ./wheels\n-e git+https://h.example/x\ndemo # ${PUBLIC}\n`,
      [`${FOLDER}/pyproject.toml`]: `[[tool.pdm.source]]\nurl = "${GATE}/simple"\n[[tool.uv.index]]\ndefault = true\nurl = "${PUBLIC}"\n`,
    }
    const more = { ...env, UV_DEFAULT_INDEX: `${GATE}/simple/` }
    const machine = { replies: answering, env: more, listed, texts, io: { folder: FOLDER } }
    expect(await shortly(gateCheck, machine)).toEqual([OK])
  })

  it('says of a file of the project that cannot be read that it may name one', async () => {
    const texts = { [`${FOLDER}/pyproject.toml`]: '[tool.uv\n' }
    const said = await shortly(gateCheck, { replies: answering, env, texts, io: { folder: FOLDER } })
    expect(said).toEqual([OK, expect.stringContaining('warning pyproject.toml cannot be read: ')])
  })

  it('shows no password of an extra index', async () => {
    const more = { PIP_EXTRA_INDEX_URL: 'https://ada:hunter2@index.example/simple/ //ada:hunter2@x' }
    const said = JSON.stringify(await look(gateCheck, { replies: answering, env: { ...env, ...more } }))
    expect(said).toContain('index.example')
    expect(said).not.toContain('hunter2')
  })

  it('says of one that runs on this machine which upstream fails, and what ends soon', async () => {
    const status = {
      gate: 'prod',
      upstreams: [
        { name: 'ours', failedAt: null, fact: null },
        { name: 'pypi', failedAt: '2026-12-01T00:00:00Z', fact: 'connection refused' },
      ],
      soon: ['exemption of demo ends in 3 days', 'trust of upstream pypi ends in 1 days'],
    } as unknown as GateStatus
    const gates = async (): Promise<readonly GateStatus[]> => [{ ...status, gate: 'other' }, status]
    expect(await shortly(gateCheck, { replies: answering, env, io: { gates } })).toEqual([
      OK,
      'warning upstream pypi of gate prod gives no usable answer since 2026-12-01T00:00:00Z: connection refused',
      'warning gate prod: exemption of demo ends in 3 days',
    ])
  })
})
