import { describe, expect, it } from 'vitest'
import { prefersHtml } from './prefers-html.ts'

describe('a page for people', () => {
  it.each([
    'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8',
    'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    'text/html',
    'Text/HTML, application/json;q=0.9',
  ])('is what a browser asks for: %s', (accept) => {
    expect(prefersHtml(accept)).toBe(true)
  })

  it.each([
    undefined,
    '',
    '*/*',
    'application/json',
    'application/json, text/html;q=0.9',
    'application/json, text/html',
    'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01',
    'text/html;q=0',
    'text/html;q=2',
    `text/html,${'x'.repeat(5000)}`,
  ])('is not for programs: %.80s', (accept) => {
    expect(prefersHtml(accept)).toBe(false)
  })
})
