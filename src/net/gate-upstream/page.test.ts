import { afterEach, describe, expect, it } from 'vitest'
import {
  before,
  closeAll,
  code,
  cutting,
  entry,
  jsonPage,
  page,
  pageOf,
  PAGE,
  SHA,
  status,
  to,
  WHEEL,
} from './arrange.ts'

afterEach(closeAll)

describe('the page of a name', () => {
  it('gives what the index says of each file, with absolute URLs', async () => {
    const scene = await before({
      [PAGE]: jsonPage([
        entry({
          url: `../../files/${WHEEL}#sha256=${SHA}`,
          size: 7,
          'upload-time': '2026-01-02T03:04:05.678Z',
          'requires-python': '>=3.9',
          yanked: true,
          provenance: null,
          'core-metadata': { sha256: SHA },
        }),
      ]),
    })
    expect((await pageOf(scene)).files).toEqual([
      {
        fileName: WHEEL,
        version: '1.0',
        versionKey: '1',
        kind: 'wheel',
        sha256: SHA,
        sizeBytes: 7,
        url: `${scene.url}/files/${WHEEL}`,
        uploadedAtMs: 1_767_323_045_678,
        requiresPython: '>=3.9',
        yanked: '',
        provenance: { kind: 'none' },
        offersMetadata: true,
        metadataSha256: SHA,
      },
    ])
  })

  it('is asked for by the normalised name, packed, and with the tag that is kept', async () => {
    const scene = await before({ [PAGE]: page(jsonPage([]), { etag: '"one"' }) })
    expect((await pageOf(scene, 'DEMO')).etag).toBe('"one"')
    await scene.upstream.page('demo', { etag: 'W/"two"' })
    expect(
      scene.asked.map(({ path, headers }) => [path, headers['accept-encoding'], headers['if-none-match']]),
    ).toEqual([
      [PAGE, 'gzip', undefined],
      [PAGE, 'gzip', 'W/"two"'],
    ])
  })

  it('is unchanged where the index says so of the tag it was asked with, and only there', async () => {
    const scene = await before({ [PAGE]: status(304) })
    expect(await scene.upstream.page('demo', { etag: '"one"' })).toEqual({ kind: 'unchanged' })
    await expect(scene.upstream.page('demo', { etag: null })).rejects.toThrow(code('net.refused'))
  })

  it('has no tag that would be more than one header', async () => {
    const scene = await before({ [PAGE]: page(jsonPage([]), { etag: 'one' }) })
    expect((await pageOf(scene)).etag).toBeNull()
    await scene.upstream.page('demo', { etag: '"a"\r\nx: y' })
    expect(scene.asked[1]?.headers['if-none-match']).toBeUndefined()
  })

  it.each([404, 410])('is unknown with %i', async (gone) => {
    const { upstream } = await before({ [PAGE]: status(gone) })
    expect(await upstream.page('demo', { etag: '"one"' })).toEqual({ kind: 'unknown' })
  })

  it.each([401, 403, 429, 500, 503])(
    'is no answer with %i, which is not asked for again',
    async (refusal) => {
      const { upstream, asked } = await before({ [PAGE]: status(refusal) })
      await expect(upstream.page('demo', { etag: null })).rejects.toThrow(code('net.refused'))
      expect(asked).toHaveLength(1)
    },
  )

  it.each(['ｆｏｏ', 'dеmo', 'demo ', 'demo.', '../demo', ''])(
    '%j is unknown, and nobody is asked',
    async (name) => {
      const { upstream, asked } = await before({})
      expect(await upstream.page(name, { etag: null })).toEqual({ kind: 'unknown' })
      expect(asked).toEqual([])
    },
  )

  it('hands on serial, status and far versions for others to judge', async () => {
    const meta = { 'api-version': '1.4', '_last-serial': 7 }
    const far = entry({ filename: 'demo-999!1.0.tar.gz' })
    const scene = await before({
      [PAGE]: jsonPage([far], { meta, 'project-status': { status: 'quarantined' } }),
    })
    const found = await pageOf(scene)
    expect([found.serial, found.status, found.files[0]?.version]).toEqual([7, 'quarantined', '999!1.0'])
  })

  it('takes the serial of the header where the page has none, and no status that it does not know', async () => {
    const body = jsonPage([], { 'project-status': { status: 'fine' } })
    const scene = await before({ [PAGE]: page(body, { 'x-pypi-last-serial': '27' }) })
    expect(await pageOf(scene)).toMatchObject({ serial: 27, status: null })
  })
})

describe('the files of a page', () => {
  const names = async (files: readonly string[], name = 'demo'): Promise<readonly string[]> => {
    const scene = await before({
      [`/simple/${name}/`]: jsonPage(files.map((filename) => entry({ filename }))),
    })
    return (await pageOf(scene, name)).files.map(({ fileName }) => fileName)
  }

  it('are those of its name, in any spelling', async () => {
    const own = ['foo_bar-1.0.tar.gz', 'Foo.Bar-1.1.tar.gz', 'foo_bar-1.0-py3-none-any.whl']
    const others = [
      'foo-1.0.tar.gz',
      'foo_bar_baz-1.0.tar.gz',
      'other-1.0-py3-none-any.whl',
      'foo_bar-x.tar.gz',
    ]
    expect(await names([...own, ...others, 'foo_bar-1.0.exe', 'foo_bar-1.0.zip'], 'foo-bar')).toEqual(own)
  })

  it('are each there once, and never with two digests', async () => {
    expect(await names([WHEEL, WHEEL])).toEqual([WHEEL])
    const scene = await before({
      [PAGE]: jsonPage([entry(), entry({ hashes: { sha256: '00'.repeat(32) } })]),
    })
    await expect(pageOf(scene)).rejects.toThrow(code('net.reply'))
  })

  it.each([
    ['requires-python', { 'requires-python': '>'.repeat(1025) }],
    ['address of its provenance', { provenance: `/p/${'a'.repeat(2048)}` }],
  ])('are left out with a %s that nobody keeps', async (_what, more) => {
    const other = 'demo-2.0-py3-none-any.whl'
    const scene = await before({
      [PAGE]: jsonPage([entry(more), entry({ filename: other, url: `/files/${other}` })]),
    })
    expect((await pageOf(scene)).files.map(({ fileName }) => fileName)).toEqual([other])
  })

  it('have the beginning of a long reason for which they are yanked', async () => {
    const scene = await before({ [PAGE]: jsonPage([entry({ yanked: 'y'.repeat(100_000) })]) })
    expect((await pageOf(scene)).files[0]?.yanked).toBe('y'.repeat(1024))
  })

  it('may say in text what would be a script elsewhere', async () => {
    const reason = '<script>alert(1)</script>'
    const scene = await before({ [PAGE]: jsonPage([entry({ yanked: reason, 'requires-python': reason })]) })
    expect((await pageOf(scene)).files[0]).toMatchObject({ yanked: reason, requiresPython: reason })
  })

  it.each([
    ['another host', `https://other.example/${WHEEL}`, 'net.other-host'],
    ['another port', `http://127.0.0.1:1/${WHEEL}`, 'net.other-host'],
    ['a host that ends like a listed one', `https://evilfiles.example/${WHEEL}`, 'net.other-host'],
    ['http elsewhere', `http://files.example/${WHEEL}`, 'net.other-host'],
    ['credentials', `https://a:b@files.example/${WHEEL}`, 'net.reply'],
    ['a file of this machine', `file:///etc/${WHEEL}`, 'net.reply'],
    ['data', `data:,${WHEEL}`, 'net.reply'],
    ['2,049 bytes and more', `/${'x'.repeat(2048)}/${WHEEL}`, 'net.url'],
  ])('never have a URL with %s', async (_what, url, expected) => {
    const scene = await before({ [PAGE]: jsonPage([entry({ url })]) }, { files: ['files.example'] })
    await expect(pageOf(scene)).rejects.toThrow(code(expected))
  })

  const links = async (good: number, ...bad: readonly string[]) => {
    const files = [
      ...bad.map((url) => entry({ url })),
      ...Array.from({ length: good }, (_, index) => entry({ filename: `demo-${index}.0.tar.gz` })),
    ]
    const scene = await before({ [PAGE]: page(jsonPage(files), { etag: '"one"' }) })
    return scene.upstream.page('demo', { etag: null })
  }

  it.each([
    [`ftp://x/${WHEEL}`, 'a link has the scheme ftp', 'a link has the scheme ftp'],
    [`https://10.0.0.7/${WHEEL}`, 'it leads to a different host', 'https://10.0.0.7/'],
    [`/${'x'.repeat(2048)}/${WHEEL}`, 'its URL is malformed or too long', 'has more than 2048 bytes'],
  ])('are left out where their link is malformed, %.20s, which is told', async (url, first, reason) => {
    expect(await links(2, url)).toMatchObject({
      page: { etag: null, files: [{ fileName: 'demo-0.0.tar.gz' }, { fileName: 'demo-1.0.tar.gz' }] },
      unread: { count: 1, first, reason: expect.stringContaining(reason) },
    })
  })

  it('are no page where most are malformed, or more than 100', async () => {
    const ftp = `ftp://x/${WHEEL}`
    const far = `https://far.example/${WHEEL}`
    expect(await links(2, ftp, far)).toMatchObject({ unread: { count: 2 } })
    await expect(links(2, ftp, ftp, ftp)).rejects.toThrow(code('net.reply'))
    await expect(links(2, far, far, ftp)).rejects.toThrow(code('net.reply'))
    const many = (url: string, count: number): string[] => Array.from({ length: count }, () => url)
    expect(await links(300, ...many(ftp, 100))).toMatchObject({ unread: { count: 100 } })
    await expect(links(300, ...many(ftp, 101))).rejects.toThrow(code('net.reply'))
    await expect(links(300, ...many(far, 101))).rejects.toThrow(code('net.other-host'))
    await expect(links(300, ...many(ftp, 51), ...many(far, 50))).rejects.toThrow(code('net.reply'))
  })

  it('may be on a listed host, over https', async () => {
    const url = `https://files.example/${WHEEL}`
    const scene = await before({ [PAGE]: jsonPage([entry({ url })]) }, { files: ['FILES.example:443'] })
    expect((await pageOf(scene)).files[0]?.url).toBe(url)
  })
})

describe('what a page tells of seals', () => {
  const tells = async (files: readonly object[], config = {}): Promise<readonly unknown[]> => {
    const found = await pageOf(await before({ [PAGE]: jsonPage(files) }, config))
    return [found.tellsOfSeals, ...found.files.map(({ provenance }) => provenance.kind)]
  }
  const other = { filename: 'demo-1.1.tar.gz' }

  it('is nothing where no file has the key', async () => {
    expect(await tells([entry(), entry(other)])).toEqual([false, 'unsaid', 'unsaid'])
  })
  it('is that a file has none where it has the key for another, be it null', async () => {
    expect(await tells([entry({ provenance: null }), entry(other)])).toEqual([true, 'none', 'none'])
    expect(await tells([entry({ provenance: '/p' }), entry(other)])).toEqual([true, 'at', 'none'])
  })
  it('stays open where there is an address that can be asked', async () => {
    const config = { provenanceUrl: 'https://index.example/{file}' }
    expect(await tells([entry({ provenance: null }), entry(other)], config)).toEqual([true, 'none', 'unsaid'])
  })
})

describe('a page that leads elsewhere', () => {
  it('is followed on its host', async () => {
    const scene = await before({ [PAGE]: to('/there/', 301), '/there/': jsonPage([entry()]) })
    expect((await pageOf(scene)).files).toHaveLength(1)
  })

  it('to another index for this name, as GitLab has it, is the page of an unknown name', async () => {
    const other = await before({ [PAGE]: jsonPage([entry()]) })
    const scene = await before({ [PAGE]: to(`${other.url}${PAGE}`) }, { files: [new URL(other.url).host] })
    expect(await scene.upstream.page('demo', { etag: null })).toEqual({
      kind: 'unknown',
      forwardedTo: new URL(other.url).host,
    })
    expect(other.asked).toEqual([])
  })

  it.each([
    ['a page to log in', 302, 'https://login.example/start?return=demo'],
    ['another name', 302, 'https://index.example/simple/other/'],
    ['an index that has moved', 301, 'https://index.example/simple/demo/'],
  ])('to %s is no answer', async (_what, moved, location) => {
    const { upstream } = await before({ [PAGE]: to(location, moved) })
    await expect(upstream.page('demo', { etag: null })).rejects.toThrow(code('net.other-host'))
  })
})

describe('a connection that breaks', () => {
  it('is tried again twice', async () => {
    const scene = await before({ [PAGE]: cutting(2, page(jsonPage([]))) })
    expect(await scene.upstream.page('demo', { etag: null })).toMatchObject({ kind: 'page' })
    expect(scene.paused).toEqual([250, 1000])
  })
  it('three times is no answer', async () => {
    const scene = await before({ [PAGE]: cutting(3, page(jsonPage([]))) })
    await expect(pageOf(scene)).rejects.toThrow(code('net.unreachable'))
    expect(scene.asked).toHaveLength(3)
  })
  it('is not tried again when that would be late', async () => {
    const limits = { retryWithinMs: 200 }
    const scene = await before({ [PAGE]: cutting(1, page(jsonPage([]))) }, {}, { limits })
    await expect(pageOf(scene)).rejects.toThrow(code('net.unreachable'))
  })
})
