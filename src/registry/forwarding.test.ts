import { expect, it } from 'vitest'
import { checkForwarding, forwardedUrl } from './forwarding.ts'

const indexUrl = 'https://index.example/simple/'

it('has normalised names, each once, and a URL without a slash at its end', () => {
  const forwarding = checkForwarding({ indexUrl, names: ['Wheel', 'flit_core', 'wheel'] })
  expect(forwarding).toEqual({ indexUrl: 'https://index.example/simple', names: ['flit-core', 'wheel'] })
  expect(forwardedUrl(forwarding, 'wheel')).toBe('https://index.example/simple/wheel/')
  expect(forwardedUrl(forwarding, 'requests')).toBeUndefined()
  expect(forwardedUrl(undefined, 'wheel')).toBeUndefined()
})

it.each([
  'https://user:secret@index.example/simple',
  'https://user@index.example/simple',
  'https://index.example/simple?token=secret',
  'https://index.example/simple#x',
  'ftp://index.example/simple',
  'file:///etc/passwd',
  'javascript:alert(1)',
  '/simple',
  '',
  `https://index.example/${'x'.repeat(2048)}`,
])('is refused to %j, without repeating a secret', (url) => {
  const refused = (): unknown => checkForwarding({ indexUrl: url, names: ['wheel'] })
  expect(refused).toThrow(expect.objectContaining({ code: 'registry.forwarding' }))
  expect(refused).toThrow(
    expect.not.objectContaining({ message: expect.stringContaining('secret') as string }),
  )
})

it('may be of every name', () => {
  const forwarding = checkForwarding({ indexUrl, names: 'all' })
  expect(forwardedUrl(forwarding, 'requests')).toBe('https://index.example/simple/requests/')
})

it('is refused with a wrong name, or with too many', () => {
  const check = (names: readonly string[]) => (): unknown => checkForwarding({ indexUrl, names })
  expect(check(['..'])).toThrow(expect.objectContaining({ code: 'python.name' }))
  const many = Array.from({ length: 1001 }, (_, index) => `p${index}`)
  expect(check(many)).toThrow(expect.objectContaining({ code: 'registry.forwarding' }))
})
