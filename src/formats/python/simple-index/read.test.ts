import { describe, expect, it } from 'vitest'
import { readSimplePage, simplePageFormat, type IndexedFile, type SimplePage } from './index.ts'

const SHA = 'ab'.repeat(32)
const OPTIONS = { url: new URL('https://index.example/simple/demo/'), maxFiles: 3 }
const file = { filename: 'demo-1.0.tar.gz', url: '/f/demo-1.0.tar.gz' }
const MALFORMED = expect.objectContaining({ code: 'python.index-page' })

const json = (more: object): SimplePage =>
  readSimplePage('json', JSON.stringify({ meta: { 'api-version': '1.4' }, files: [], ...more }), OPTIONS)
const html = (text: string): SimplePage => readSimplePage('html', text, OPTIONS)
const entry = (more: object): IndexedFile | undefined => json({ files: [{ ...file, ...more }] }).files[0]
const link = (attributes: string): IndexedFile | undefined =>
  html(`<a href="${file.url}" ${attributes}>x</a>`).files[0]

describe('the format of a page', () => {
  it.each([
    ['application/vnd.pypi.simple.v1+json', 'json'],
    ['Text/HTML; charset=utf-8', 'html'],
    ['application/json', undefined],
    ['', undefined],
  ])('%j is %s', (contentType, format) => expect(simplePageFormat(contentType)).toBe(format))
})

describe('the provenance of a file', () => {
  const at = { kind: 'at', url: 'https://index.example/simple/p' }
  it.each([
    [{ provenance: '../p' }, at],
    [{ provenance: null }, { kind: 'none' }],
    [{}, { kind: 'unsaid' }],
  ])('in JSON, %j, is %j', (key, found) => expect(entry(key)?.provenance).toEqual(found))
  it.each([
    ['data-provenance="../p"', at],
    ['data-provenance', { kind: 'none' }],
    ['', { kind: 'unsaid' }],
  ])('in HTML, %j, is %j', (attribute, found) => expect(link(attribute)?.provenance).toEqual(found))
  it.each(['file:///p', 'https://a:b@index.example/p', 'data:,x'])('is never at %s', (provenance) => {
    expect(() => entry({ provenance })).toThrow(MALFORMED)
    expect(() => link(`data-provenance="${provenance}"`)).toThrow(MALFORMED)
  })
})

describe('the metadata beside a file', () => {
  it.each([
    [{ 'core-metadata': true }, true, undefined],
    [{ 'core-metadata': false }, false, undefined],
    [{ 'core-metadata': { sha256: SHA.toUpperCase() } }, true, SHA],
    [{ 'core-metadata': { blake2b: 'x' } }, true, undefined],
    [{ 'dist-info-metadata': true }, true, undefined],
    [{ 'data-dist-info-metadata': { sha256: SHA } }, true, SHA],
    [{ 'core-metadata': false, 'data-dist-info-metadata': true }, false, undefined],
    [{}, false, undefined],
  ])('in JSON, %j', (keys, offersMetadata, metadataSha256) => {
    expect(entry(keys)).toMatchObject({ offersMetadata, metadataSha256 })
  })
  it.each([
    ['data-core-metadata="true"', true, undefined],
    [`data-core-metadata="sha256=${SHA}"`, true, SHA],
    [`data-dist-info-metadata="sha256=${SHA}"`, true, SHA],
    ['data-core-metadata="md5=x"', true, undefined],
    [`data-core-metadata="false" data-dist-info-metadata="sha256=${SHA}"`, false, undefined],
    ['', false, undefined],
  ])('in HTML, %s', (attributes, offersMetadata, metadataSha256) => {
    expect(link(attributes)).toMatchObject({ offersMetadata, metadataSha256 })
  })
  it('has a digest of 64 digits, or the page is malformed', () => {
    expect(() => entry({ 'core-metadata': { sha256: 'ab' } })).toThrow(MALFORMED)
    expect(() => entry({ 'core-metadata': 1 })).toThrow(MALFORMED)
    expect(() => link('data-core-metadata="sha256=ab"')).toThrow(MALFORMED)
  })
})

describe('a malformed link', () => {
  const bad = { ...file, url: 'ftp://x/demo-1.0.tar.gz' }
  const folder = '<a href="x/">'
  const pages = (maxUnread: number, ...files: readonly object[]): readonly SimplePage[] => {
    const options = { ...OPTIONS, maxUnread, maxFiles: 9 }
    const links = files.map((one) => `<a href="${(one as typeof file).url}">`)
    const body = JSON.stringify({ meta: { 'api-version': '1.4' }, files })
    return [readSimplePage('json', body, options), readSimplePage('html', folder + links.join(''), options)]
  }

  it('costs that link, where so many may be malformed', () => {
    for (const { files, unread } of pages(1, file, bad)) {
      expect(files.map(({ fileName }) => fileName)).toEqual(['demo-1.0.tar.gz'])
      expect(unread.map(({ message }) => message)).toEqual(['a link has the scheme ftp'])
    }
  })
  it('refuses the page where it is one too many, and where nothing else is said', () => {
    expect(() => pages(1, file, bad, bad)).toThrow(MALFORMED)
    expect(() => json({ files: [file, bad] })).toThrow(MALFORMED)
    expect(() => html(`<a href="${file.url}"><a href="${bad.url}">`)).toThrow(MALFORMED)
  })
  it('does as the base of all others, which is no link', () => {
    const text = `<base href="ftp://x/"><a href="${file.url}">`
    expect(() => readSimplePage('html', text, { ...OPTIONS, maxUnread: 2 })).toThrow(MALFORMED)
  })
})

describe('the time of an upload', () => {
  const second = 1_767_323_045_000
  it.each([
    ['2026-01-02T03:04:05Z', second],
    ['2026-01-02T03:04:05.6Z', second + 600],
    ['2026-01-02T03:04:05.678999Z', second + 678],
    ['2026-01-02T03:04:05+00:00', second],
  ])('%s is read', (text, ms) => expect(entry({ 'upload-time': text })?.uploadedAtMs).toBe(ms))
  it.each([
    '2026-02-31T00:00:00Z',
    '2026-01-02T03:04:05',
    '2026-01-02T03:04:05+01:00',
    '2026-01-02 03:04:05Z',
    '2026-01-02T24:00:00Z',
    'yesterday',
    '',
    7,
    null,
  ])('%j is none', (text) => expect(entry({ 'upload-time': text })?.uploadedAtMs).toBeUndefined())
})

describe('a page', () => {
  it('has the serial of the index', () => {
    const meta = { 'api-version': '1.4', '_last-serial': 27 }
    expect([json({ meta }).serial, json({}).serial, html('').serial]).toEqual([27, undefined, undefined])
    expect(json({ meta: { ...meta, '_last-serial': '27' } }).serial).toBe(27)
    expect(json({ meta: { ...meta, '_last-serial': 'x' } }).serial).toBeUndefined()
  })
  it('has as many links as were asked for and no more, folders among them', () => {
    expect(json({ files: [file, file, file] }).files).toHaveLength(3)
    expect(() => json({ files: [file, file, file, file] })).toThrow(MALFORMED)
    expect(html('<a href="x/">'.repeat(3)).files).toEqual([])
    expect(() => html('<a href="x/">'.repeat(4))).toThrow(MALFORMED)
  })
  it('is refused before a list of millions becomes one', () => {
    expect(() => json({ versions: Array.from({ length: 2000 }, () => '') })).toThrow(
      expect.objectContaining({ code: 'base.json' }),
    )
  })
  it('is one of text: what could be a script stays what was written', () => {
    const reason = '</a><script>alert(1)</script>'
    expect(entry({ yanked: reason })?.yanked).toBe(reason)
    expect(link(`data-yanked="${reason.replaceAll('<', '&lt;').replaceAll('>', '&gt;')}"`)?.yanked).toBe(
      reason,
    )
  })
  it('has no half of a character', () => {
    expect(link('data-yanked="&#xd800;"')?.yanked).toBe('\ufffd')
  })
})
