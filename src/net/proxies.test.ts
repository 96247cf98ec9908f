import { describe, expect, it } from 'vitest'
import { proxyFor } from './proxies.ts'

const proxy = (url: string, env: Record<string, string>): string | undefined => proxyFor(new URL(url), env)

describe('proxyFor', () => {
  it.each([
    ['http://a.test/', { HTTP_PROXY: 'http://p:1' }, 'http://p:1'],
    ['https://a.test/', { HTTPS_PROXY: 'http://p:1' }, 'http://p:1'],
    ['https://a.test/', { https_proxy: 'http://p:1' }, 'http://p:1'],
    ['https://a.test/', { HTTPS_PROXY: '', https_proxy: 'p:1' }, 'http://p:1'],
    ['https://a.test/', { HTTPS_PROXY: 'http://up:1', https_proxy: 'http://low:1' }, 'http://up:1'],
    ['https://a.test/', { HTTP_PROXY: 'http://p:1' }, undefined],
    ['http://localhost/', { HTTP_PROXY: 'http://p:1' }, undefined],
    ['http://127.0.0.5:80/', { HTTP_PROXY: 'http://p:1' }, undefined],
    ['http://[::1]:80/', { HTTP_PROXY: 'http://p:1' }, undefined],
  ])('for %s with %j is %s', (url, env, expected) => {
    expect(proxy(url, env as Record<string, string>)).toBe(expected)
  })

  it.each([
    ['*', true],
    ['a.test', true],
    ['.test', true],
    ['*.test', true],
    ['test', true],
    ['other.test, a.test', true],
    ['A.TEST', true],
    ['a.test:80', true],
    ['a.test:443', false],
    ['st', false],
    ['b.a.test', false],
    ['', false],
    [' , ', false],
  ])('with NO_PROXY %j excepts a.test: %s', (list, isExcepted) => {
    const found = proxy('http://a.test/', { HTTP_PROXY: 'http://p:1', no_proxy: list })
    expect(found === undefined).toBe(isExcepted)
  })

  it.each([
    ['10.0.0.0/8', 'http://10.1.2.3/', true],
    ['10.0.0.0/8', 'http://11.1.2.3/', false],
    ['10.0.0.0/99', 'http://10.1.2.3/', false],
    ['10.1.2.3', 'http://10.1.2.3/', true],
    ['10.1.2.3:80', 'http://10.1.2.3/', true],
    ['2.3', 'http://10.1.2.3/', false],
    ['fd00::/8', 'http://[fd00::1]/', true],
    ['fd00::1', 'http://[fd00::1]/', true],
    ['[fd00::1]:80', 'http://[fd00::1]/', true],
    ['fd00::/8', 'http://10.1.2.3/', false],
  ])('with NO_PROXY %s and %s: %s', (list, url, isExcepted) => {
    expect(proxy(url, { HTTP_PROXY: 'http://p:1', NO_PROXY: list }) === undefined).toBe(isExcepted)
  })

  it('refuses what is no proxy URL, without showing it', () => {
    expect(() => proxy('http://a.test/', { HTTP_PROXY: 'socks5://user:hidden@p:1' })).toThrow(/socks5:$/)
    expect(() => proxy('http://a.test/', { HTTP_PROXY: 'http://user:hidden@' })).toThrow(/not a URL/)
  })
})
