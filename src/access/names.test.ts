import { describe, expect, it } from 'vitest'
import { parseLogin, parseProjectPath, parseScopes, parseVisibility } from './names.ts'

describe('parseProjectPath', () => {
  it('takes a path apart', () => {
    expect(parseProjectPath('group/sub/My_pkg.2')).toEqual({
      path: 'group/sub/My_pkg.2',
      name: 'My_pkg.2',
      namespaces: ['group', 'group/sub'],
    })
  })
  it.each(['g/p', '1/2', '_g/p-', 'g/simple', 'g/api/p', `${'g/'.repeat(20)}p`])('takes %j', (path) => {
    expect(parseProjectPath(path).path).toBe(path)
  })
  it.each([
    '',
    'p',
    '20',
    '/p',
    'g/',
    'g//p',
    '/g/p',
    'g/p/',
    'g/-',
    'g/-/p',
    'g/..',
    '../p',
    'g/.',
    'g/a..b',
    'g/p.',
    'g/p.git',
    'g/p.GIT',
    'g/p.atom',
    'g/p q',
    'g/p%2f',
    'g\\p',
    'g/p\u0000',
    'g/p\n',
    'g/é',
    'g/ｐ',
    `${'g/'.repeat(21)}p`,
    `g/${'p'.repeat(254)}`,
  ])('refuses %j', (path) => {
    expect(() => parseProjectPath(path)).toThrow(expect.objectContaining({ code: 'access.path' }))
  })
  it.each(['-/p', '.well-known/p', 'api/p', 'API/p', 'gate/p', 'oauth/p', 'v2/p', 'metrics/sub/p'])(
    'keeps the group of %j for the server',
    (path) => {
      expect(() => parseProjectPath(path)).toThrow(expect.objectContaining({ code: 'access.reserved' }))
    },
  )
})

describe('parseLogin', () => {
  it.each(['ada', 'Ada.Lovelace-1_2', '7'])('takes %j', (login) => {
    expect(parseLogin(login)).toBe(login)
  })
  it.each(['', '-a', 'a b', 'a:b', 'a\n', 'gitlab-ci-token', 'GitLab-CI-Token', 'a'.repeat(64)])(
    'refuses %j',
    (login) => {
      expect(() => parseLogin(login)).toThrow(expect.objectContaining({ code: 'access.login' }))
    },
  )
})

describe('parseVisibility and parseScopes', () => {
  it('take their words', () => {
    expect(['private', 'internal', 'public'].map(parseVisibility)).toEqual(['private', 'internal', 'public'])
    expect(parseScopes(['read_api', 'api', 'api'])).toEqual(['api', 'read_api'])
  })
  it('refuse others', () => {
    expect(() => parseVisibility('Public')).toThrow(expect.objectContaining({ code: 'access.visibility' }))
    expect(() => parseScopes([])).toThrow(expect.objectContaining({ code: 'access.scope' }))
    expect(() => parseScopes(['api', 'sudo'])).toThrow(expect.objectContaining({ code: 'access.scope' }))
  })
})
