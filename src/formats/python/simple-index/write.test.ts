import { describe, expect, it } from 'vitest'
import {
  writeNamesHtml,
  writeNamesJson,
  writePackageHtml,
  writePackageJson,
  type FileListing,
  type PackageListing,
} from './index.ts'

const SHA = 'ab'.repeat(32)
const BARE: FileListing = { fileName: 'demo-1.0.tar.gz', version: '1.0', href: '../../x/demo-1.0.tar.gz' }
const FULL: FileListing = {
  fileName: 'demo-2.0-py3-none-any.whl',
  version: '2.0',
  href: 'whl',
  sha256: SHA,
  sizeBytes: 7,
  uploadTimeMs: 1_767_323_000_500,
  requiresPython: '>=3.9,<4',
  coreMetadata: SHA,
  yanked: 'refused & held',
  provenanceHref: 'p?a&b',
}

const text = async (page: AsyncIterable<Uint8Array>): Promise<string> =>
  Buffer.concat(await Array.fromAsync(page)).toString()

const listing = (files: PackageListing['files'], more: Partial<PackageListing> = {}): PackageListing => ({
  name: 'demo',
  title: 'Demo',
  status: 'active',
  statusReason: '',
  files,
  ...more,
})
const json = async (page: PackageListing): Promise<unknown> => JSON.parse(await text(writePackageJson(page)))
const html = (page: PackageListing): Promise<string> => text(writePackageHtml(page))

describe('the page of a package', () => {
  it('has in JSON what is known of a file, and no key for what is not', async () => {
    const meta = { 'api-version': '1.4' }
    expect(await json(listing([FULL, BARE, { ...BARE, fileName: 'demo-1.0.zip' }]))).toEqual({
      meta,
      name: 'demo',
      'project-status': { status: 'active' },
      files: [
        {
          filename: 'demo-2.0-py3-none-any.whl',
          url: 'whl',
          hashes: { sha256: SHA },
          size: 7,
          'upload-time': '2026-01-02T03:03:20.500Z',
          'requires-python': '>=3.9,<4',
          'core-metadata': { sha256: SHA },
          yanked: 'refused & held',
          provenance: 'p?a&b',
        },
        { filename: 'demo-1.0.tar.gz', url: '../../x/demo-1.0.tar.gz', hashes: {} },
        { filename: 'demo-1.0.zip', url: '../../x/demo-1.0.tar.gz', hashes: {} },
      ],
      versions: ['2.0', '1.0'],
    })
  })

  it('has the same in HTML', async () => {
    const page = await html(listing([FULL, BARE]))
    expect(page.split('\n').slice(2, -3)).toEqual([
      '  <head>',
      '    <meta name="pypi:repository-version" content="1.4">',
      '    <title>Links for Demo</title>',
      '  </head>',
      '  <body>',
      '    <h1>Links for Demo</h1>',
      `    <a href="whl#sha256=${SHA}" data-requires-python="&gt;=3.9,&lt;4" data-core-metadata="sha256=${SHA}" data-yanked="refused &amp; held" data-provenance="p?a&amp;b">demo-2.0-py3-none-any.whl</a>`,
      '    <a href="../../x/demo-1.0.tar.gz" data-requires-python="">demo-1.0.tar.gz</a>',
    ])
  })

  it('tells metadata without a digest, a yank without a reason and no provenance', async () => {
    const file: FileListing = { ...BARE, coreMetadata: 'unhashed', yanked: '', provenanceHref: null }
    expect(await json(listing([file]))).toMatchObject({
      files: [{ 'core-metadata': true, yanked: true, provenance: null }],
    })
    const page = await html(listing([file]))
    expect(page).toContain(' data-core-metadata="true" data-yanked="">')
    expect(page).not.toContain('provenance')
  })

  it('says its status, and why', async () => {
    const page = listing([], { status: 'quarantined', statusReason: '"haunted"' })
    expect(await json(page)).toMatchObject({
      'project-status': { status: 'quarantined', reason: '"haunted"' },
      files: [],
      versions: [],
    })
    expect(await html(page)).toContain(
      '<meta name="pypi:project-status" content="quarantined">\n    <meta name="pypi:project-status-reason" content="&quot;haunted&quot;">',
    )
  })

  it('makes texts harmless on a terminal and in a page', async () => {
    const evil = '<b>\u001b[2K\n\u202e'
    const shown = String.raw`<b>\u{1b}[2K\u{a}\u{202e}`
    const page = listing([{ ...BARE, yanked: evil, requiresPython: evil }], { statusReason: evil })
    expect(await json(page)).toMatchObject({
      'project-status': { reason: shown },
      files: [{ yanked: shown, 'requires-python': shown }],
    })
    const written = await html(page)
    expect(written).not.toMatch(/<b>|[^\n -~]/)
    expect(written).toContain(`data-yanked="${shown.replace('<b>', '&lt;b&gt;')}"`)
  })

  it.each([0, 1, 499, 500, 501, 1000])(
    'has each of %i files once, from a source of either kind',
    async (count) => {
      const files = Array.from({ length: count }, (_, at) => ({ ...BARE, fileName: `demo-${at}.zip` }))
      const names = files.map(({ fileName }) => fileName)
      const slow = (async function* () {
        yield* files
      })()
      const page = (await json(listing(slow))) as { files: readonly { filename: string }[] }
      expect(page.files.map(({ filename }) => filename)).toEqual(names)
      const found = (await html(listing(files))).matchAll(/>(demo-.*)<\/a>/g)
      expect([...found].map(([, name]) => name)).toEqual(names)
    },
  )

  it('lets others have their turn in the middle of a long one', async () => {
    let hadTurn = false
    setImmediate(() => (hadTurn = true))
    const seen: boolean[] = []
    const files = Array.from({ length: 1500 }, () => BARE)
    for await (const _ of writePackageJson(listing(files))) seen.push(hadTurn)
    expect(seen).toEqual([false, true, true, true])
  })
})

describe('the page of all packages', () => {
  const names = [
    { name: 'one', href: 'one/' },
    { name: 'two', href: 'simple/two/' },
  ]

  it('has their names in JSON, and links in HTML', async () => {
    expect(JSON.parse(await text(writeNamesJson({ title: 'x', names })))).toEqual({
      meta: { 'api-version': '1.4' },
      projects: [{ name: 'one' }, { name: 'two' }],
    })
    expect(await text(writeNamesHtml({ title: 'a&b', names }))).toContain(
      '<h1>Links for a&amp;b</h1>\n    <a href="one/" data-requires-python="">one</a>\n    <a href="simple/two/" data-requires-python="">two</a>\n  </body>',
    )
  })
})
