import { describe, expect, it } from 'vitest'
import { parseRemote, parseRemoteSecret } from './remote.ts'

describe('a repository address', () => {
  it('loses its credentials before git sees it', () => {
    expect(parseRemote('http://gitlab-ci-token:glcbt-x@host:8080/a/b.git')).toEqual({
      url: 'http://host:8080/a/b.git',
      credentials: 'gitlab-ci-token:glcbt-x',
      isLocal: false,
      origin: 'http://host:8080/',
    })
    expect(parseRemoteSecret('http://gitlab-ci-token:glcbt-x@host/a.git')).toBe('glcbt-x')
    expect(parseRemoteSecret('/srv/a')).toBe('')
  })

  it.each([
    ['/srv/a b', '/srv/a b'],
    ['file:///srv/a%20b', '/srv/a b'],
  ])('may be a path: %s', (text, url) => {
    expect(parseRemote(text)).toMatchObject({ url, isLocal: true })
  })

  it('may not end its line in a configuration of git', () => {
    expect(parseRemote('http://h/a%0A[core]').url).not.toContain('\n')
    expect(() => parseRemote('http://h/a?\\x')).toThrow('malformed')
  })

  it.each(['ext::sh -c x', 'ssh://h/a', 'git@h:a.git', '-c', '', '../a', 'file://host/a', 'javascript:x'])(
    'is refused: %j',
    (text) => {
      expect(() => parseRemote(text)).toThrow('neither an HTTP URL nor an absolute path')
    },
  )
})
