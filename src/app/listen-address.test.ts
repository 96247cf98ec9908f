import { describe, expect, it } from 'vitest'
import { addressOf, externalUrl, parseListenAddress } from './listen-address.ts'

describe('parseListenAddress', () => {
  it.each([
    ['127.0.0.1:7711', 'http://127.0.0.1:7711'],
    ['LOCALHOST:80', 'http://localhost'],
    ['[::1]:8080', 'http://[::1]:8080'],
    ['box.example:443', 'http://box.example:443'],
  ])('%s is %s', (text, url) => {
    expect(externalUrl(parseListenAddress(text))).toBe(url)
    expect(externalUrl(addressOf(url))).toBe(url)
  })

  it.each([
    '',
    '7711',
    'localhost',
    ':80',
    'a:b',
    'a:65536',
    'a:007',
    'http://a:1',
    'a b:1',
    '0.0.0.0:80',
    '[::]:80',
    '-a:1',
  ])('refuses %j', (text) => {
    expect(() => parseListenAddress(text)).toThrow(expect.objectContaining({ code: 'app.listen-address' }))
  })
})
