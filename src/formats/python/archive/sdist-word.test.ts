import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../base/index.ts'
import {
  distributionOf,
  gzipOf,
  metadataOf,
  sourceOf,
  tarMembers,
  tarOf,
  wheelMembers,
  zipOf,
  type TarMember,
} from './arrange.ts'
import { readSdistWord } from './index.ts'

const SDIST = 'my_pkg-1.0.tar.gz'

const infoAt = (name: string, content: string | Uint8Array = metadataOf('my-pkg', '1.0')): TarMember => ({
  name,
  content,
})
const saying = (name: string, version: string): TarMember =>
  infoAt('my_pkg-1.0/PKG-INFO', metadataOf(name, version))
const file = (name: string): TarMember => ({ name, content: 'x' })

async function wordOf(bytes: Uint8Array, fileName = SDIST): Promise<string> {
  return (await readSdistWord(fileName, sourceOf(bytes))).kind
}
const wordIn = (...members: readonly TarMember[]): Promise<string> => wordOf(gzipOf(tarOf(members)))

describe('the word of an sdist', () => {
  it.each([SDIST, 'My.Pkg-1.0.tar.gz', 'my-pkg-1.0.0.tar.gz'])(
    'is that of its file name, whatever the spelling: %s',
    async (spelled) => {
      expect(await wordOf(distributionOf(spelled))).toBe('same')
    },
  )

  it.each<[string, TarMember[]]>([
    [
      'in another encoding',
      [
        infoAt(
          'my_pkg-1.0/PKG-INFO',
          Buffer.from('Name: my_pkg\nVersion: 1.0\nAuthor: Jos\u00e9\n', 'latin1'),
        ),
      ],
    ],
    [
      'without a metadata version, after a line that is no header',
      [infoAt('x/PKG-INFO', 'odd\r\nname: my.pkg\r\nVERSION: 1.0\r\n')],
    ],
    [
      'with a description that has lines like fields',
      [infoAt('x/PKG-INFO', `${metadataOf('my-pkg', '1.0')}\nName: other\nVersion: 7\n`)],
    ],
    ['in a folder of another name', [infoAt('src/PKG-INFO'), file('src/a.py')]],
    ['below "./"', [infoAt('./my_pkg-1.0/PKG-INFO')]],
    [
      'beside the one of its .egg-info',
      [infoAt('a/PKG-INFO'), infoAt('a/b.egg-info/PKG-INFO', metadataOf('other', '2'))],
    ],
    ['of a name that no file name has', [infoAt('a/PKG-INFO', metadataOf('my pkg', '1.0'))]],
  ])('is read as installers read it: %s', async (_what, members) => {
    expect(await wordIn(...members)).toBe('same')
  })

  it.each<[string, TarMember[]]>([
    ['another name', [saying('other', '1.0')]],
    ['another version', [saying('my-pkg', '1.1')]],
    ['a version that is none', [saying('my-pkg', 'x')]],
    ['two names', [infoAt('a/PKG-INFO', 'Name: my-pkg\nVersion: 1.0\nName: other\n')]],
    ['two files', [infoAt('a/PKG-INFO'), infoAt('b/PKG-INFO', metadataOf('other', '1.0'))]],
    [
      'two files that are one on some systems',
      [infoAt('a/PKG-INFO'), infoAt('a/pkg-info', metadataOf('other', '1.0'))],
    ],
    ['many files', Array.from({ length: 9 }, (_, index) => infoAt(`${index}/PKG-INFO`))],
    ['many names', [infoAt('a/PKG-INFO', 'Name: my-pkg\n'.repeat(9))]],
    ['more than is read', [infoAt('a/PKG-INFO', new Uint8Array((2 << 20) + 1))]],
    ['a folder of another version, and no PKG-INFO', [file('my_pkg-1.1/setup.py')]],
  ])('is another one: %s', async (_what, members) => {
    expect(await wordIn(...members)).toBe('other')
  })

  it('is that of the folder where there is no PKG-INFO, or one that says nothing', async () => {
    expect(await wordIn(file('My-Pkg-1.0/setup.py'))).toBe('same')
    expect(await wordIn(file('my_pkg-1.0/setup.py'), infoAt('my_pkg-1.0/PKG-INFO', 'Author: a\n'))).toBe(
      'same',
    )
  })

  it.each<[string, Uint8Array]>([
    ['folders of any name', gzipOf(tarOf([file('src/setup.py')]))],
    ['several at the top', gzipOf(tarOf([file('my_pkg-1.0/a'), file('b/a')]))],
    ['nothing', gzipOf(tarOf([]))],
    ['no tar', gzipOf(utf8('no tar'))],
    ['no gzip', utf8('no gzip')],
    ['a zip', zipOf(wheelMembers('my_pkg-1.0-py3-none-any.whl'))],
  ])('is silence with %s', async (_what, bytes) => {
    expect(await wordOf(bytes)).toBe('silent')
  })

  it('is what was read before the tar cannot be read on', async () => {
    expect(await wordOf(gzipOf(tarMembers([infoAt('a/PKG-INFO')])))).toBe('same')
    expect(await wordOf(gzipOf(tarMembers([infoAt('a/PKG-INFO', metadataOf('b', '1'))])))).toBe('other')
  })

  it('of a bomb is never taken for its own', async () => {
    const bomb = gzipOf(tarOf([infoAt('a/PKG-INFO'), { name: 'a/b', content: new Uint8Array(65 << 20) }]))
    expect(await readSdistWord(SDIST, sourceOf(bomb))).toEqual({
      kind: 'other',
      fact: 'it unpacks to more than 50 times its size',
    })
  })

  it('is asked of sdists only', async () => {
    await expect(wordOf(utf8(''), 'a-1-py3-none-any.whl')).rejects.toMatchObject({
      code: 'distribution.file-type',
    })
    await expect(wordOf(utf8(''), 'a.txt')).rejects.toMatchObject({ code: 'python.file-name' })
  })
})
