import { describe, expect, it } from 'vitest'
import type { Instance } from '../data/data-directory.ts'
import {
  addressOf,
  choosePlace,
  hostNames,
  parseExternalUrl,
  parseListenAddress,
  urlOf,
} from './listen-address.ts'

const plain = { isTls: false }
const instance = (url: string, more: Partial<Instance> = {}): Instance => {
  return { format: 2, url, rekorTreeId: '1', createdAtMs: 0, ...more }
}

describe('parseListenAddress', () => {
  it.each([
    ['127.0.0.1:7711', 'http://127.0.0.1:7711'],
    ['LOCALHOST:80', 'http://localhost'],
    ['[::1]:8080', 'http://[::1]:8080'],
    ['box.example:443', 'http://box.example:443'],
  ])('%s is %s', (text, url) => {
    expect(urlOf(parseListenAddress(text), plain)).toBe(url)
    expect(urlOf(addressOf(url), plain)).toBe(url)
  })

  it.each(['', '7711', 'localhost', ':80', 'a:b', 'a:65536', 'a:007', 'http://a:1', 'a b:1', '-a:1'])(
    'refuses %j',
    (text) => {
      expect(() => parseListenAddress(text)).toThrow(
        expect.objectContaining({ code: 'server.listen-address' }),
      )
    },
  )
})

describe('parseExternalUrl', () => {
  it.each([
    ['https://seal.example', 'https://seal.example'],
    ['https://Seal.Example/', 'https://seal.example'],
    ['https://seal.example:8443', 'https://seal.example:8443'],
    ['http://127.0.0.1:7711', 'http://127.0.0.1:7711'],
    ['http://[::1]', 'http://[::1]'],
    ['http://localhost:1', 'http://localhost:1'],
  ])('%s is %s', (text, url) => {
    expect(parseExternalUrl(text)).toBe(url)
  })

  it.each([
    '',
    'seal.example',
    'https://',
    'https://seal.example/path',
    'https://seal.example//',
    'https://seal.example?q',
    'https://seal.example#f',
    'https://ada:secret@seal.example',
    'https://seal.example:443',
    'https://seal.example.',
    'https://seal_example',
    'https://sé.example',
    'https://0.0.0.0',
    'http://seal.example',
    'http://127.0.0.1.example',
    'ftp://seal.example',
    'file:///etc',
  ])('refuses %j', (text) => {
    expect(() => parseExternalUrl(text)).toThrow(expect.objectContaining({ code: 'server.external-url' }))
  })

  it('does not repeat a password', () => {
    expect(() => parseExternalUrl('https://ada:secret@seal.example')).toThrow(/^(?!.*secret)/)
  })
})

describe('choosePlace, at the first start', () => {
  it('takes the URL from where it listens', () => {
    expect(choosePlace(undefined, plain)).toEqual({
      listen: { host: '127.0.0.1', port: 7711 },
      url: undefined,
    })
  })

  it('listens anywhere for a URL that is given for itself', () => {
    const asked = { ...plain, listen: '0.0.0.0:80', externalUrl: 'https://seal.example' }
    expect(choosePlace(undefined, asked)).toEqual({
      listen: { host: '0.0.0.0', port: 80 },
      url: 'https://seal.example',
    })
  })

  it.each([
    ['a wildcard', '0.0.0.0:80', true],
    ['another wildcard', '[::]:80', true],
    ['an address of the network in plain HTTP', '10.0.0.5:80', false],
  ])('refuses %s without one', (_what, listen, isTls) => {
    expect(() => choosePlace(undefined, { listen, isTls })).toThrow(
      expect.objectContaining({ code: 'server.listen-address' }),
    )
  })

  it('takes an address of the network with TLS', () => {
    const { listen } = choosePlace(undefined, { listen: 'box.example:443', isTls: true })
    expect(urlOf(listen, { isTls: true })).toBe('https://box.example')
  })
})

describe('choosePlace, later', () => {
  const own = instance('http://127.0.0.1:7711')
  const proxied = instance('https://seal.example', { listen: '127.0.0.1:7711' })

  it.each([
    [own, {}, '127.0.0.1', 7711],
    [own, { listen: '127.0.0.1:0' }, '127.0.0.1', 7711],
    [own, { listen: '127.0.0.1:80', externalUrl: 'http://127.0.0.1:7711' }, '127.0.0.1', 80],
    [proxied, {}, '127.0.0.1', 7711],
    [proxied, { listen: '0.0.0.0:80' }, '0.0.0.0', 80],
    [proxied, { listen: '0.0.0.0:80', externalUrl: 'https://seal.example/' }, '0.0.0.0', 80],
  ])('%j with %j listens on %s:%i', (known, asked, ...[host, port]) => {
    expect(choosePlace(known, { ...plain, ...asked })).toEqual({ listen: { host, port }, url: known.url })
  })

  it.each([
    ['another address', own, { listen: '127.0.0.1:80' }],
    ['another scheme', own, { isTls: true }],
    ['another URL', proxied, { externalUrl: 'https://other.example' }],
  ])('refuses %s', (_what, known, asked) => {
    expect(() => choosePlace(known, { ...plain, ...asked })).toThrow(
      expect.objectContaining({ code: 'server.url-fixed' }),
    )
  })
})

describe('hostNames', () => {
  it('are the host of the URL, with and without the standard port, and the extra names', () => {
    expect(hostNames('https://seal.example', ['Seal.Internal', 'a:1'], 7711)).toEqual([
      'seal.example',
      'seal.example:443',
      'seal.internal',
      'seal.internal:7711',
      'a:1',
    ])
  })

  it.each(['', 'a b', 'http://a', 'a/', 'a:0', 'a:70000', '*.example'])('refuse %j', (name) => {
    expect(() => hostNames('https://seal.example', [name], 1)).toThrow(
      expect.objectContaining({ code: 'server.host' }),
    )
  })
})
