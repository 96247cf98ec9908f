import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../base/index.ts'
import { readLock, type Lock, type LockedDistribution } from './index.ts'

function read(path: string, text: string): Lock {
  return readLock({ path, bytes: utf8(text) })
}

function only(path: string, text: string): LockedDistribution {
  const { distributions } = read(path, text)
  expect(distributions).toHaveLength(1)
  return distributions[0] as LockedDistribution
}

const A = 'a'.repeat(64)
const B = 'b'.repeat(64)

describe('a requirements file', () => {
  it.each([
    ['Demo_Tools == 1.0.0 ; python_version < "3.13" # why', 'demo-tools', '1.0.0'],
    ['demo[extra,other]===2.0', 'demo', '2.0'],
    ['demo (==2.0)', 'demo', '2.0'],
    ['demo==1.0,>=0.5', 'demo', '1.0'],
    ['demo', 'demo', null],
    ['demo>=1.0', 'demo', null],
    ['demo==1.*', 'demo', null],
    ['demo!=1.0,<3; sys_platform == "win32"', 'demo', null],
    ['demo @ https://files.example/demo-1.0.tar.gz ; python_version > "3"', 'demo', '1.0'],
    ['https://files.example/demo-1.0-py3-none-any.whl', 'demo', '1.0'],
    ['./dist/demo-1.0-py3-none-any.whl', 'demo', '1.0'],
    ['-e git+https://git.example/demo.git@main#egg=demo', 'demo', null],
    ['-e .', null, null],
  ])('has %s', (text, name, version) => {
    expect(only('requirements.txt', text)).toMatchObject({ name, version })
  })

  it.each(['\r', '\v', '\f', '\u001c', '\u0085', '\u2028', '\u2029'])(
    'is refused where a comment may end before its line does, as for pip: %j',
    (end) => {
      expect(() => read('requirements.txt', `a==1\n# why${end}evil==6\n`)).toThrow(
        expect.objectContaining({
          code: 'lock.malformed',
          message: expect.stringContaining(':2:') as unknown,
        }),
      )
    },
  )

  it.each(['# coding: utf-7', '# coding: utf-7 coding: utf-8', '\n# -*- coding=unicode_escape -*-'])(
    'is refused in another encoding than UTF-8, in which pip would read it: %j',
    (head) => {
      expect(() => read('requirements.txt', `${head}\ndemo==1.0 # +AAo-evil+AD0APQ-6\n`)).toThrow(
        expect.objectContaining({ code: 'lock.malformed' }),
      )
    },
  )

  it('may say that it is in UTF-8', () => {
    expect(only('requirements.txt', '# -*- coding: utf-8 -*-\r\ndemo==1.0\r\n')).toMatchObject({
      name: 'demo',
    })
  })

  it('has every digest of a continued line, and the line where it begins', () => {
    const text = `# head\r\n\r\ndemo==1.0 \\\r\n  --hash=sha256:${A} \\\r\n  --hash sha256:${B.toUpperCase()}\r\n    # via x\r\nother==2\r\n`
    const [demo, other] = read('requirements.txt', text).distributions
    expect(demo).toMatchObject({ line: 3, files: [{ sha256: A }, { sha256: B }] })
    expect(other).toMatchObject({ name: 'other', line: 7, files: [] })
  })

  it('keeps apart a digest that cannot be compared', () => {
    const { files } = only('requirements.txt', `demo==1.0 --hash=sha512:${A}${A}`)
    expect(files).toEqual([{ fileName: null, url: null, sha256: null, hasOtherDigest: true }])
  })

  it('names other files and other indexes, and reads none', () => {
    const text =
      '-r base.txt\n--constraint=c.txt\n-i https://a.example/simple --extra-index-url https://b.example/\n'
    expect(read('requirements.txt', text)).toMatchObject({
      distributions: [],
      includes: [
        { option: '--requirement', path: 'base.txt', line: 1 },
        { option: '--constraint', path: 'c.txt', line: 2 },
      ],
      indexes: [
        { option: '--index-url', url: 'https://a.example/simple', line: 3 },
        { option: '--extra-index-url', url: 'https://b.example/', line: 3 },
      ],
    })
  })

  it('ends a continued line at a comment, as pip does', () => {
    const { distributions } = read(
      'requirements.txt',
      `demo==1.0 \\\n# note \\\nother==2.0 --hash=sha256:${A}\n`,
    )
    expect(distributions.map(({ name, files }) => [name, files.length])).toEqual([
      ['demo', 0],
      ['other', 1],
    ])
  })

  it.each([
    ['demo==1.0 --hash=sha256:abc', 'is not a digest'],
    ['--frobnicate', 'is not a known option'],
    [`--hash=sha256:${A}`, 'belongs to no requirement'],
    ['demo==1.0 -r other.txt', 'does not belong to a requirement'],
    ['demo = 1.0', 'a requirement is malformed'],
    ['demo==one', 'is not a version'],
    ['-r', 'has no value'],
  ])('is refused with its line for %s', (text, fact) => {
    const act = (): Lock => read('requirements.txt', `# one\n${text}\n`)
    expect(act).toThrow(expect.objectContaining({ code: 'lock.malformed' }))
    expect(act).toThrow(new RegExp(`:2: .*${fact}`))
  })
})
