import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { utf8, type Files } from '../../base/index.ts'
import { readConfiguration } from './configuration.ts'

const filesOf = (texts: Readonly<Record<string, string | Uint8Array>>): Pick<Files, 'read' | 'exists'> => ({
  read: async (path) => {
    const text = texts[path]
    if (text === undefined) throw new Error('no such file')
    return typeof text === 'string' ? utf8(text) : text
  },
  exists: async (path) => path in texts,
})
const read = (toml: string | Uint8Array) =>
  readConfiguration({ data: '/data' }, filesOf({ '/data/wheelseal.toml': toml }) as Files)

describe('readConfiguration', () => {
  it('gives every issuer, with the usual audience where none is named and absolute paths', async () => {
    const toml = `
      [[issuers]]
      url = "https://gitlab.example"

      [[issuers]]
      url = "http://127.0.0.1:8080/gitlab"
      jwks = "issuers/keys.json"
      audience = "wheels"
      projects = ["acme/tools"]
      groups = ["team", "other/inner"]

      [rekor]
      keys = ["release.pub"]
      max-entry-bytes = 16777216

      [seals]
      trusted-roots = ["public.json"]

      [http]
      proxies = ["10.0.0.0/8", "::1"]

      [registry]
      x-accel-location = "/internal/stored/"
    `
    expect(await read(toml)).toEqual({
      path: '/data/wheelseal.toml',
      issuers: [
        { url: 'https://gitlab.example', audience: 'sigstore' },
        {
          url: 'http://127.0.0.1:8080/gitlab',
          jwks: '/data/issuers/keys.json',
          audience: 'wheels',
          projects: ['acme/tools'],
          groups: ['team', 'other/inner'],
        },
      ],
      rekorKeys: ['/data/release.pub'],
      trustedRoots: ['/data/public.json'],
      proxies: ['10.0.0.0/8', '::1'],
      maxEntryBytes: 16_777_216,
      xAccelLocation: '/internal/stored/',
      gates: [],
    })
  })

  it('needs no file in the data directory, and takes an empty one', async () => {
    const nothing = filesOf({}) as Files
    expect(await readConfiguration({ data: '/data' }, nothing)).toEqual({
      path: undefined,
      issuers: [],
      rekorKeys: [],
      trustedRoots: [],
      proxies: [],
      gates: [],
    })
    expect((await read('# nothing yet\n')).issuers).toEqual([])
  })

  it.each(['stored', '/stored', '/', '//', '/../stored/', '/a b/', '/sto\\\\nred/'])(
    'has no location of nginx like %j',
    async (location) => {
      const refused = read(`[registry]\nx-accel-location = "${location}"`)
      await expect(refused).rejects.toMatchObject({ code: 'server.configuration' })
    },
  )

  it('gives every gate, with absolute paths', async () => {
    const toml = `
      [[gates]]
      name = "prod"
      policy = "policies/prod.toml"
      read = "tokens"
      [[gates.upstreams]]
      name = "ours"
      url = "https://gitlab.example/api/v4/projects/7/packages/pypi/simple"
      names = ["acme-*"]
      trust = "private"
      [[gates.upstreams]]
      name = "pypi"
      url = "https://index.example/simple/"
      files = ["files.example"]
    `
    expect((await read(toml)).gates).toMatchObject([
      {
        name: 'prod',
        policy: '/data/policies/prod.toml',
        mode: 'enforce',
        readers: 'tokens',
        upstreams: [
          { name: 'ours', names: ['acme-*'], trust: { kind: 'private' } },
          { name: 'pypi', place: { files: ['files.example'] }, trust: { kind: 'public' } },
        ],
      },
    ])
  })

  it('takes a group of this server for an upstream: by its own trust root, and for who has a token', async () => {
    const upstream = (more: string) =>
      `[[gates]]\nname = "prod"\npolicy = "p"\n[[gates.upstreams]]\nname = "ours"\nregistry = "acme"\n${more}`
    expect((await read(upstream(''))).gates).toMatchObject([
      {
        readers: 'tokens',
        upstreams: [{ place: { kind: 'registry', path: 'acme' }, trust: { kind: 'private' } }],
      },
    ])
    for (const [more, fact] of [
      ['url = "https://index.example/simple/"', 'must have either url or registry'],
      ['seals = "none"', 'with registry must not have files, seals'],
      ['username = "a"', 'with registry must not have files, seals'],
    ])
      await expect(read(upstream(more ?? ''))).rejects.toThrow(fact)
  })

  it('takes another file in its place, which must be there', async () => {
    const files = filesOf({ '/data/wheelseal.toml': 'x = 1', '/etc/w.toml': '' }) as Files
    expect(await readConfiguration({ data: '/data', asked: '/etc/w.toml' }, files)).toMatchObject({
      path: '/etc/w.toml',
    })
    const asked = readConfiguration({ data: '/data', asked: '/etc/none.toml' }, files)
    await expect(asked).rejects.toMatchObject({ code: 'server.configuration', exit: 2 })
  })

  it('names a file that cannot be read once', async () => {
    const fails = async (): Promise<never> => Promise.reject(new Error('/data/wheelseal.toml: is a folder'))
    const files = { ...(filesOf({}) as Files), exists: async () => true, read: fails }
    const reading = readConfiguration({ data: '/data' }, files)
    await expect(reading).rejects.toMatchObject({
      code: 'server.configuration',
      message: '/data/wheelseal.toml: is a folder',
    })
  })

  const first = '[[issuers]]\nurl = "https://gitlab.example"\n'
  const url = (text: string): string => `[[issuers]]\nurl = ${JSON.stringify(text)}\n`

  it.each<[string, string | Uint8Array, string]>([
    ['no TOML', 'issuers = [\n  1,\n  = 2', ':3:3: '],
    ['a key twice', `${first}url = "https://other.example"\n`, ':3:'],
    ['bytes that are no UTF-8', new Uint8Array([0xff]), '/data/wheelseal.toml: '],
    ['an unknown key', 'isuers = []', ':1: isuers is not a known key'],
    [
      'an unknown key of an issuer',
      `${first}\n${first}# why\naudiance = "x"\n`,
      ':7: issuers[2].audiance is not a known key',
    ],
    [
      'an unknown key after a text of several lines',
      `${first}audience = """\na\n"""\nx = 1\n`,
      ':6: issuers[1].x is not a known key',
    ],
    [
      'an unknown key with a list of several lines',
      `${first}x = [\n1,\n2,\n]\n`,
      ':3: issuers[1].x is not a known key',
    ],
    [
      'an entry that is too small',
      '[rekor]\nmax-entry-bytes = 131071\n',
      ':2: rekor.max-entry-bytes must be at least',
    ],
    [
      'an entry that is too large',
      '[rekor]\nmax-entry-bytes = 33554433\n',
      ':2: rekor.max-entry-bytes must be at most',
    ],
    [
      'an entry in words',
      '[rekor]\nmax-entry-bytes = "8 MiB"\n',
      ':2: rekor.max-entry-bytes must be a number of bytes',
    ],
    ['the key __proto__', '__proto__ = 1', ':1: __proto__ is not a known key'],
    [
      'one table in place of a list',
      '[issuers]\nurl = "https://gitlab.example"',
      ':1: issuers must be a list',
    ],
    ['an issuer that is a text', 'issuers = [\n"https://gitlab.example"]', ' issuers[1] must be a table'],
    ['an issuer without URL', `${first}[[issuers]]\naudience = "x"\n`, ':3: issuers[2].url is missing'],
    ['a URL that is a number', '[[issuers]]\nurl = 7\n', ':2: issuers[1].url must be a quoted string'],
    [
      'a URL with a slash more',
      url('https://gitlab.example/'),
      ':2: issuers[1].url must be written as in the claim',
    ],
    [
      'a URL in capitals',
      url('https://GitLab.example'),
      ':2: issuers[1].url must be written as in the claim',
    ],
    [
      'a URL with its default port',
      url('https://gitlab.example:443'),
      ':2: issuers[1].url must be written as in the claim',
    ],
    [
      'a URL with credentials',
      url('https://u:p@gitlab.example'),
      ':2: issuers[1].url must be written as in the claim',
    ],
    ['a URL with a pattern', url('https://*.example'), ':2: issuers[1].url must be written as in the claim'],
    ['a URL over plain HTTP', url('http://gitlab.example'), ':2: issuers[1].url must be https'],
    [
      'a URL that only looks like loopback',
      url('http://127.0.0.1.evil.example'),
      ':2: issuers[1].url must be https',
    ],
    ['an issuer twice', `${first}\n${first}`, ':4: issuers[2] is listed twice'],
    ['an empty audience', `${first}audience = ""\n`, ':3: issuers[1].audience must not be empty'],
    ['an empty list of projects', `${first}projects = []\n`, ':3: issuers[1].projects must not be empty'],
    [
      'a project with a slash before it',
      `${first}projects = ["a/b", "/c/d"]\n`,
      ':3: issuers[1].projects[2] must be a full path',
    ],
    ['a group with a pattern', `${first}groups = ["a/*"]\n`, ':3: issuers[1].groups[1] must be a full path'],
    [
      '33 issuers',
      Array.from({ length: 33 }, (_, index) => url(`https://g${index}.example`)).join(''),
      'more than 32',
    ],
    [
      'an unknown key of a gate',
      '[[gates]]\nname = "prod"\npolicy = "p"\nupstreams = [{ name = "p", url = "https://p.example" }]\nmod = "warn"',
      ':5: gates[1].mod is not a',
    ],
    ['a date', `${first}audience = 2026-01-01\n`, ':3: issuers[1].audience must be a quoted string'],
  ])('refuses %s, and names the line', async (_what, toml, message) => {
    await expect(read(toml)).rejects.toMatchObject({
      code: 'server.configuration',
      message: expect.stringContaining(message),
      hint: expect.stringMatching(/\S/),
    })
  })

  it.each([
    'http://localhost:3000',
    'http://[::1]:3000',
    'http://127.0.0.2',
    'https://gitlab.example:8443/a',
  ])('takes the URL %s', async (one) => {
    expect((await read(url(one))).issuers[0]!.url).toBe(one)
  })

  it('stands in the reference with every key, and no other', async () => {
    const page = await readFile(join(import.meta.dirname, '../../../docs/reference/configuration.md'), 'utf8')
    const named = [...page.matchAll(/^\| `issuers\.(\w+)` \|/gm)].map(([, key]) => key)
    await expect(read(`${first}x = 1`)).rejects.toMatchObject({ hint: `known keys: ${named.join(', ')}` })
  })

  it('lists the keys that are known where one is not', async () => {
    await expect(read(`${first}x = 1`)).rejects.toMatchObject({
      hint: 'known keys: url, jwks, audience, projects, groups',
    })
    await expect(read('x = 1')).rejects.toMatchObject({
      hint: 'known keys: rekor, seals, http, registry, gates, issuers',
    })
    await expect(read('[rekor]\nx = 1')).rejects.toMatchObject({ hint: 'known keys: keys, max-entry-bytes' })
  })
})
