import { describe, expect, it } from 'vitest'
import { utf8 } from '../../base/index.ts'
import { findGate, requireGate, type GatePlace, type GateUrl } from './index.ts'

const URL_OF_GATE = 'http://127.0.0.1:7712/gate/prod'

function find(
  changes: Partial<Omit<GatePlace, 'files'>>,
  texts: Readonly<Record<string, string>> = {},
): Promise<GateUrl> {
  const readIfThere: GatePlace['files']['readIfThere'] = async (path) => {
    const text = texts[path]
    return text === undefined ? undefined : utf8(text)
  }
  return requireGate({ flag: undefined, env: {}, home: '/home/ada', files: { readIfThere }, ...changes })
}

describe('the gate that a command asks', () => {
  it.each([URL_OF_GATE, `${URL_OF_GATE}/`, `${URL_OF_GATE}/simple`, `${URL_OF_GATE}/simple/`])(
    'is that of the flag, as index or without: %s',
    async (flag) => {
      expect(await find({ flag, env: { WHEELSEAL_GATE: 'http://127.0.0.1:1/gate/other' } })).toEqual({
        url: URL_OF_GATE,
        name: 'prod',
        from: '--gate',
      })
    },
  )

  it('is that of WHEELSEAL_GATE before the indexes of installers', async () => {
    const env = { WHEELSEAL_GATE: URL_OF_GATE, PIP_INDEX_URL: 'http://127.0.0.1:1/gate/other/simple/' }
    expect(await find({ env })).toMatchObject({ url: URL_OF_GATE, from: 'WHEELSEAL_GATE' })
  })

  it.each(['PIP_INDEX_URL', 'UV_DEFAULT_INDEX', 'UV_INDEX_URL'])('is the index of %s', async (name) => {
    expect(await find({ env: { [name]: `${URL_OF_GATE}/simple/` } })).toMatchObject({
      url: URL_OF_GATE,
      from: name,
    })
  })

  it.each([
    ['/home/ada/.config/pip/pip.conf', `[global]\nindex-url = ${URL_OF_GATE}/simple/\n`],
    ['/home/ada/.pip/pip.conf', `[install]\nindex_url: ${URL_OF_GATE}/simple\n`],
    ['/etc/pip.conf', `[global]\r\nindex-url=${URL_OF_GATE}/simple/\r\n`],
    ['/home/ada/.config/uv/uv.toml', `[[index]]\nurl = "${URL_OF_GATE}/simple/"\ndefault = true\n`],
    ['/etc/uv/uv.toml', `index-url = "${URL_OF_GATE}/simple/"\n`],
  ])('is the index of %s', async (path, text) => {
    expect(await find({}, { [path]: text })).toMatchObject({ url: URL_OF_GATE, from: path })
  })

  it('is not that of a file which a variable overrules', async () => {
    const env = { PIP_INDEX_URL: 'https://index.example/simple/' }
    const files = { '/etc/pip.conf': `[global]\nindex-url = ${URL_OF_GATE}/simple/\n` }
    await expect(find({ env }, files)).rejects.toMatchObject({ code: 'client.no-gate' })
  })

  it('is none where pip is told to read no file', async () => {
    const files = { '/etc/pip.conf': `[global]\nindex-url = ${URL_OF_GATE}/simple/\n` }
    const env = { PIP_CONFIG_FILE: '/dev/null' }
    await expect(find({ env }, files)).rejects.toMatchObject({ code: 'client.no-gate', exit: 2 })
    const readIfThere = (): Promise<undefined> => Promise.resolve(undefined)
    expect(await findGate({ flag: undefined, env, home: '/', files: { readIfThere } })).toBeUndefined()
  })

  it('is not that of a file in the environment, which anything that is installed there can write', async () => {
    const files = { '/home/ada/.venv/pip.conf': `[global]\nindex-url = ${URL_OF_GATE}/simple/\n` }
    await expect(find({ env: { VIRTUAL_ENV: '/home/ada/.venv' } }, files)).rejects.toMatchObject({
      code: 'client.no-gate',
    })
  })

  it('may have a name in the variable of uv', async () => {
    expect(await find({ env: { UV_DEFAULT_INDEX: `own=${URL_OF_GATE}/simple/` } })).toMatchObject({
      url: URL_OF_GATE,
    })
  })

  it('is asked with the password of a variable, and with no password of a flag', async () => {
    const withPassword = URL_OF_GATE.replace('//', '//ada:p%40ss@')
    const { url, authorization } = await find({ env: { PIP_INDEX_URL: `${withPassword}/simple/` } })
    expect([url, authorization?.reveal()]).toEqual([URL_OF_GATE, `Basic ${btoa('ada:p@ss')}`])
    await expect(find({ flag: withPassword })).rejects.toMatchObject({
      code: 'client.gate-url',
      message: expect.not.stringContaining('p%40ss') as unknown,
    })
  })

  it('gets the token only where it is named', async () => {
    const env = { WHEELSEAL_TOKEN: 'secret' }
    const named = await find({ flag: URL_OF_GATE, env })
    expect(named.authorization?.reveal()).toBe(`Basic ${btoa('__token__:secret')}`)
    const found = await find({ env: { ...env, PIP_INDEX_URL: `${URL_OF_GATE}/simple/` } })
    expect(found.authorization).toBeUndefined()
  })

  it.each([
    'https://index.example/simple/',
    'nonsense',
    'ftp://a/gate/b',
    'http://a/gate/',
    `${URL_OF_GATE}?a=b`,
  ])('is nothing that is no gate: %s', async (flag) => {
    await expect(find({ flag })).rejects.toMatchObject({ code: 'client.gate-url', exit: 2 })
  })
})
