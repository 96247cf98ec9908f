import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { utf8 } from '../../base/index.ts'
import { groupOf, readSettings, type Settings } from './index.ts'

const HEX = 'ab'.repeat(32)

type Texts = Readonly<Record<string, string | Uint8Array>>

function read(texts: Texts, env: Readonly<Record<string, string>> = {}): Promise<Settings> {
  const files = {
    exists: async (path: string) => path in texts,
    read: async (path: string) => {
      const text = texts[path] ?? ''
      return typeof text === 'string' ? utf8(text) : text
    },
  }
  return readSettings({ env, folders: ['/p/sub', '/p'], files })
}

describe('the settings', () => {
  it('are those of the environment where there is no file', async () => {
    const env = { WHEELSEAL_TUF_URL: 'u', WHEELSEAL_TUF_ROOT: '', CI_SERVER_URL: 'g', HOME: '/h' }
    expect(await read({}, env)).toEqual([
      {
        'tuf-url': { value: 'u', from: 'WHEELSEAL_TUF_URL' },
        'gitlab-url': { value: 'g', from: 'CI_SERVER_URL' },
      },
    ])
  })

  it('are every key of wheelseal.toml, paths relative to it', async () => {
    const toml = `
      gitlab-url = "https://gitlab.example"
      tuf-url = "https://seal.example/tuf"
      tuf-root = "sha256:${HEX}"
      policy = "etc/policy.toml"
      signing-config = "../signing_config.json"
      fulcio-url = "https://seal.example"
      rekor-url = "http://127.0.0.1:7711"
      tsa-url = "https://seal.example/api/v1/timestamp"
    `
    const [, group = {}] = await read({ '/p/wheelseal.toml': toml })
    const values = Object.entries(group).map(([name, { value }]) => [name, value])
    expect(Object.fromEntries(values)).toEqual({
      'gitlab-url': 'https://gitlab.example',
      'tuf-url': 'https://seal.example/tuf',
      'tuf-root': `sha256:${HEX}`,
      policy: '/p/etc/policy.toml',
      'signing-config': '/signing_config.json',
      'fulcio-url': 'https://seal.example',
      'rekor-url': 'http://127.0.0.1:7711',
      'tsa-url': 'https://seal.example/api/v1/timestamp',
    })
    expect(group['policy']?.from).toBe('/p/wheelseal.toml')
  })

  it('are of pyproject.toml before wheelseal.toml, and of one folder only, the nearest that has any', async () => {
    const texts = {
      '/p/sub/pyproject.toml': '[project]\nname = "wheelseal-example"\n[tool.other]\nx = 1\n',
      '/p/pyproject.toml': '[project]\nname = "a"\n[tool.wheelseal]\ntrusted-root = "a.json"\n',
      '/p/wheelseal.toml': 'trusted-root = "b.json"\npolicy = "p.toml"\n',
    }
    const settings = await read(texts)
    expect(groupOf(settings, ['trusted-root', 'tuf-url'])).toEqual({
      'trusted-root': { value: '/p/a.json', from: '/p/pyproject.toml' },
    })
    expect(groupOf(settings, ['policy'])['policy']?.value).toBe('/p/p.toml')
    const nearer = await read({ ...texts, '/p/sub/wheelseal.toml': '' })
    expect(groupOf(nearer, ['trusted-root', 'policy'])).toEqual({})
  })

  it('give what belongs together by one source, and never a part of it by another', async () => {
    const settings = await read(
      { '/p/wheelseal.toml': 'trusted-root = "b.json"' },
      { WHEELSEAL_TUF_URL: 'u' },
    )
    expect(groupOf(settings, ['trusted-root', 'tuf-url', 'tuf-root'])).toEqual({
      'tuf-url': { value: 'u', from: 'WHEELSEAL_TUF_URL' },
    })
  })

  it('pass over a pyproject.toml of others, even where it is no TOML', async () => {
    expect(await read({ '/p/pyproject.toml': '= broken' })).toEqual([{}])
  })

  it('are never those of an unpacked distribution, nor of what is above it', async () => {
    const toml = 'trusted-root = "evil.json"'
    const texts = { '/p/wheelseal.toml': toml, '/p/sub/wheelseal.toml': toml, '/p/sub/PKG-INFO': '' }
    expect(await read(texts)).toEqual([{}])
  })

  it('pass over what is for a server, and nothing else', async () => {
    const toml =
      'policy = "p"\n[[issuers]]\nurl = "https://gitlab.example"\n[rekor]\nkeys = []\n[http]\nproxies = []\n' +
      '[seals]\ntrusted-roots = []\n[registry]\n[[gates]]\nname = "prod"\n'
    expect((await read({ '/p/wheelseal.toml': toml }))[1]).toHaveProperty('policy')
  })

  it.each<[string, string, string]>([
    ['an unknown key', 'a = 1', '/p/wheelseal.toml:1: a is not a known key'],
    ['no TOML', 'policy = \n= 2', '/p/wheelseal.toml:1:'],
    ['a value that is no text', '\npolicy = 7', '/p/wheelseal.toml:2: policy must be a string in quotes'],
    ['an empty text', 'policy = ""', 'policy must not be empty'],
    ['no URL', 'gitlab-url = "gitlab.example"', 'gitlab-url must be an http or https URL'],
    ['a URL of another kind', 'tsa-url = "file:///etc"', 'tsa-url must be an http or https URL'],
    [
      'a URL with a password',
      'rekor-url = "https://a:b@c.example"',
      'rekor-url must be an http or https URL',
    ],
    ['a digest that is none', 'tuf-url = "https://t"\ntuf-root = "sha256:1"', ':2: tuf-root must be a file'],
    [
      'two trust roots',
      `trusted-root = "a"\ntuf-url = "https://t"\ntuf-root = "r"`,
      'has trusted-root and tuf-url',
    ],
    ['a repository without a root', 'tuf-url = "https://t"', 'needs both of tuf-url and tuf-root'],
    ['a root without a repository', 'tuf-root = "r"', 'needs both of tuf-url and tuf-root'],
  ])('refuse %s, with the line', async (_what, toml, message) => {
    const refusal = { code: 'client.settings', exit: 2, message: expect.stringContaining(message) }
    await expect(read({ '/p/wheelseal.toml': toml })).rejects.toMatchObject(refusal)
  })

  it('refuse an unknown key of [tool.wheelseal] with its line, and bytes that are no text', async () => {
    const toml = '[tool.ruff]\nx = 1\n[tool.wheelseal]\n# why\ntuf_url = "x"\n'
    await expect(read({ '/p/pyproject.toml': toml })).rejects.toMatchObject({
      message: '/p/pyproject.toml:5: tool.wheelseal.tuf_url is not a known key',
      hint: expect.stringContaining('known keys: gitlab-url, trusted-root, tuf-url'),
    })
    await expect(read({ '/p/pyproject.toml': '[tool.wheelseal]\nissuers = []' })).rejects.toMatchObject({
      message: '/p/pyproject.toml:2: tool.wheelseal.issuers is not a known key',
    })
    await expect(read({ '/p/wheelseal.toml': new Uint8Array([0xff]) })).rejects.toMatchObject({
      code: 'client.settings',
    })
  })

  it('stand in the reference, every key and no other', async () => {
    const page = await readFile(join(import.meta.dirname, '../../../docs/reference/configuration.md'), 'utf8')
    const [, section = ''] = page.split('## Settings of clients')
    const [table = ''] = section.split('\n## ')
    const named = [...table.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, key]) => key)
    await expect(read({ '/p/wheelseal.toml': 'x = 1' })).rejects.toMatchObject({
      hint: `known keys: ${named.join(', ')}, issuers, rekor, http, seals, registry, gates`,
    })
  })
})
