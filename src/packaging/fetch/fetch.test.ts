import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chooseFiles, genericPlaces, parseRequirement, type ListedFile } from '../index.ts'
import { listed, listing, SDIST, SHA, WHEEL } from './arrange.ts'

const demo = parseRequirement('demo==1.0')
const chosen = (...files: readonly ListedFile[]): readonly string[] =>
  chooseFiles(listing(files), demo).map(({ fileName }) => fileName)

describe('what is to be fetched', () => {
  it('is a name and an exact version, both also as they were spelled', () => {
    expect(parseRequirement('Demo.Pkg==1.0.0')).toMatchObject({
      name: 'demo-pkg',
      spelledName: 'Demo.Pkg',
      spelledVersion: '1.0.0',
      version: { normal: '1.0.0', key: '1' },
    })
  })

  it.each([
    ['a bare name', 'demo'],
    ['a range', 'demo>=1.0'],
    ['two clauses', 'demo==1.0,<2'],
    ['a wildcard', 'demo==1.*'],
    ['an arbitrary version', 'demo===1.0'],
    ['an extra', 'demo[all]==1.0'],
    ['a URL', 'demo==1.0 @ https://evil.example/x.whl'],
    ['a path', '../demo==1.0'],
    ['a flag', '--out==1.0'],
    ['no version', 'demo=='],
    ['no name', '==1.0'],
    ['a space', 'demo == 1.0'],
    ['a marker', 'demo==1.0;python_version<"4"'],
    ['another script', 'dеmo==1.0'],
  ])('is never %s', (_what, text) => {
    expect(() => parseRequirement(text)).toThrow(expect.objectContaining({ code: 'packaging.requirement' }))
  })
})

describe('the files of a release', () => {
  it('are every wheel and sdist of exactly this version, however it is spelled', () => {
    const others = [
      'demo-1.0.1.tar.gz',
      'demo-1.0.post1.tar.gz',
      'demo-1.0+local.tar.gz',
      'demo-1.0rc1.tar.gz',
    ]
    const files = [WHEEL, 'Demo-1.0.0-cp312-cp312-any.whl', 'demo-1.tar.gz', ...others]
    expect(chosen(...files.map((name) => listed(name)))).toEqual(files.slice(0, 3))
  })

  it.each([
    ['a path', '../demo-1.0.tar.gz'],
    ['an absolute path', '/etc/demo-1.0.tar.gz'],
    ['a path of Windows', String.raw`..\demo-1.0.tar.gz`],
    ['a path in its version', 'demo-1.0/../../x-1.0.tar.gz'],
    ['a NUL', 'demo-1.0\0.tar.gz'],
    ['another package', 'other-1.0-py3-none-any.whl'],
    ['a package whose name begins alike', 'demo_evil-1.0-py3-none-any.whl'],
    ['a seal', `${WHEEL}.sigstore.json`],
    ['an egg', 'demo-1.0-py3.12.egg'],
    ['a zip', 'demo-1.0.zip'],
    ['what no file system takes', `demo-1.0-${'a'.repeat(300)}-none-any.whl`],
    ['a letter of another script', 'dеmo-1.0.tar.gz'],
  ])('are never %s', (_what, name) => {
    expect(chosen(listed(WHEEL), listed(name))).toEqual([WHEEL])
    expect(() => chosen(listed(name))).toThrow(expect.objectContaining({ code: 'packaging.absent' }))
  })

  it('are one where the page repeats itself', () => {
    expect(chosen(listed(WHEEL), listed(WHEEL))).toEqual([WHEEL])
  })

  it.each<[string, ListedFile, ListedFile]>([
    ['two digests', listed(WHEEL), listed(WHEEL, { sha256: 'cd'.repeat(32) })],
    ['another case', listed(WHEEL), listed('Demo-1.0-py3-none-any.whl')],
    ['another spelling of the version', listed(SDIST), listed('demo-1.0.0.tar.gz')],
    ['another spelling of the tags', listed(WHEEL), listed('demo-1.0-PY3-none-any.whl')],
  ])('are refused where one distribution has two files: %s', (_what, one, other) => {
    expect(() => chosen(one, other)).toThrow(expect.objectContaining({ code: 'packaging.ambiguous' }))
  })

  it.each([undefined, '', 'AB'.repeat(32), 'ab'.repeat(16), `${SHA}00`, `${SHA}\n`])(
    'are refused with the digest %j',
    (sha256) => {
      expect(() => chosen(listed(WHEEL, { sha256 }))).toThrow(
        expect.objectContaining({ code: 'packaging.no-digest' }),
      )
      expect(chosen(listed(WHEEL), listed('demo-2.0.tar.gz', { sha256 }))).toEqual([WHEEL])
    },
  )

  it('are refused where they are too many, or too large, alone or together', () => {
    const many = Array.from({ length: 1001 }, (_, build) => listed(`demo-1.0-${build}-py3-none-any.whl`))
    const large = (count: number, sizeBytes: number): ListedFile[] =>
      Array.from({ length: count }, (_, build) => listed(`demo-1.0-${build}-py3-none-any.whl`, { sizeBytes }))
    for (const files of [many, large(1, 5 * 2 ** 30 + 1), large(5, 4.5 * 2 ** 30)])
      expect(() => chosen(...files)).toThrow(expect.objectContaining({ code: 'packaging.too-many' }))
    expect(chosen(...many.slice(1))).toHaveLength(1000)
    expect(chosen(...large(4, 5 * 2 ** 30))).toHaveLength(4)
  })

  it('are none of a project in quarantine, with its reason', () => {
    const page = listing([listed(WHEEL)], { status: 'quarantined', statusReason: 'a \u001b[31mworm' })
    expect(() => chooseFiles(page, demo)).toThrow(
      expect.objectContaining({
        code: 'packaging.quarantined',
        message: String.raw`demo is quarantined: a \u{1b}[31mworm`,
      }),
    )
    for (const status of ['active', 'archived', 'deprecated', 'something new'])
      expect(chooseFiles(listing([listed(WHEEL)], { status }), demo)).toHaveLength(1)
  })

  it('stay one pass over a page of a million links', () => {
    const page = listing(Array.from({ length: 1_000_000 }, () => listed('demo-2.0.tar.gz')))
    expect(() => chooseFiles(page, demo)).toThrow('no wheel and no sdist of demo==1.0')
  })

  it('never have a name that leads out of a folder, whatever a page says', () => {
    const name = fc.oneof(
      fc.string(),
      fc.string({
        unit: fc.constantFrom(
          'demo',
          '-',
          '1.0',
          '.',
          '/',
          '..',
          '\\',
          '.whl',
          '.tar.gz',
          'py3',
          'none',
          'any',
          '\0',
        ),
      }),
    )
    fc.assert(
      fc.property(fc.array(name, { maxLength: 4 }), (names) => {
        let files: readonly string[] = []
        try {
          files = chosen(...names.map((one) => listed(one)))
        } catch {
          // Refused.
        }
        for (const file of files) expect(file).toMatch(/^demo-1(?:\.0)*[A-Za-z0-9._-]*\.(?:whl|tar\.gz)$/i)
      }),
      { numRuns: 500 },
    )
  })
})

describe('the places of seals in a generic registry', () => {
  it("are under the project's name first, then under the package's, in each of their spellings", () => {
    expect(genericPlaces(parseRequirement('hello_tools==1.0'), 'hello-tools.py')).toEqual([
      'hello-tools.py/1.0',
      'hello-tools/1.0',
      'hello_tools/1.0',
    ])
    expect(genericPlaces(parseRequirement('Demo==1.0.0-1'), undefined)).toEqual([
      'demo/1.0.0.post1',
      'demo/1.0.0-1',
      'Demo/1.0.0.post1',
      'Demo/1.0.0-1',
    ])
  })

  it('have nothing in them that leads elsewhere', () => {
    expect(genericPlaces(demo, '../other')).toEqual(['demo/1.0'])
    expect(genericPlaces(parseRequirement('demo==1!1.0'), undefined)).toEqual([])
  })
})
