import { describe, expect, it } from 'vitest'
import { checkTag, versionOfTag } from '../index.ts'

describe('the version that a tag names', () => {
  it.each([
    ['v1.2.0', '1.2.0'],
    ['1.2.0', '1.2.0'],
    ['V1.2.0-rc1', '1.2.0-rc1'],
    ['1.2.0-1', '1.2.0-1'],
    ['release-1.2.0', '1.2.0'],
    ['release/v1.2.0', '1.2.0'],
    ['my-pkg-1.2.0', '1.2.0'],
    ['My_Pkg/v1.2.0', '1.2.0'],
    ['my-pkg@1.2.0', '1.2.0'],
  ])('%s is of %s', (tag, version) => {
    expect(versionOfTag(tag, 'my-pkg')).toBe(version)
  })

  it.each([
    'v2',
    'latest',
    'nightly-2024-05-01',
    'other-1.2.0',
    'my-pkg-docs-1.2.0',
    `v1.${'0'.repeat(300)}`,
    '-',
    '',
  ])('%s names none of this package', (tag) => {
    expect(versionOfTag(tag, 'my-pkg')).toBeUndefined()
  })
})

describe('a build of a tag', () => {
  const built = { name: 'my-pkg', version: '1.2.0' }

  it.each(['v1.2.0', '1.2', 'v1.2.0.0', 'latest'])('agrees with %s', (tag) => {
    expect(() => checkTag(tag, built)).not.toThrow()
  })

  it.each(['v1.2.1', 'v1.2.0rc1', 'my-pkg-1.3'])('does not agree with %s, which is named', (tag) => {
    expect(() => checkTag(tag, built)).toThrow(
      expect.objectContaining({ code: 'packaging.tag-version', message: expect.stringContaining(tag) }),
    )
  })
})
