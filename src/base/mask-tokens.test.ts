import { expect, it } from 'vitest'
import { maskTokens } from './mask-tokens.ts'

it.each([
  ['glpat-AbC_def-1234 is not a version', 'glpat-[masked] is not a version'],
  ['/acme%2Fgldt-12345678/x', '/acme%2Fgldt-[masked]/x'],
  ['glcbt-64_secret12.tar.gz, glrt-abcdefgh', 'glcbt-[masked].tar.gz, glrt-[masked]'],
  ['wspub-abcdefgh is no version', 'wspub-[masked] is no version'],
  ['/GLPAT%2dabcdefgh', '/GLPAT%2d[masked]'],
  ['eyjhbgcioijs.eyjpc3mioijo', '[masked id token]'],
  ['"eyJhbGciOiJS.eyJpc3MiOiJo.c2lnbmF0dXJl"', '"[masked id token]"'],
])('%s is shown without the token', (text, shown) => {
  expect(maskTokens(text)).toBe(shown)
})

it.each(['it begins with glpat-', 'glpat-short', 'glut-abcdefghijk', 'eyJhbGciOiJS.c2lnbmF0dXJl', 'a.b.c'])(
  '%s is no token',
  (text) => {
    expect(maskTokens(text)).toBe(text)
  },
)
