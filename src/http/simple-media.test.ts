import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chooseMedia } from './simple-media.ts'

const JSON_TYPE = 'application/vnd.pypi.simple.v1+json'
const HTML_TYPE = 'application/vnd.pypi.simple.v1+html; charset=utf-8'
const TEXT = 'text/html; charset=utf-8'
const LATEST = JSON_TYPE.replace('v1', 'latest')

const ANSWERS: readonly (readonly [who: string, accept: string | undefined, answer: string])[] = [
  ['nobody', undefined, TEXT],
  ['nobody, at length', '', TEXT],
  ['curl', '*/*', TEXT],
  ['a browser', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', TEXT],
  ['pip', `${JSON_TYPE}, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01`, JSON_TYPE],
  ['uv', `${JSON_TYPE}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01`, JSON_TYPE],
  ['uv, of JSON alone', `${JSON_TYPE};q=1, text/html;q=0.01`, JSON_TYPE],
  ['poetry', JSON_TYPE, JSON_TYPE],
  ['who likes HTML more', `${JSON_TYPE};q=0.1, application/vnd.pypi.simple.v1+html`, HTML_TYPE],
  ['who likes plain HTML most', `${JSON_TYPE};q=0.5, text/html;q=0.6`, TEXT],
  ['who likes all alike', `text/html, application/vnd.pypi.simple.v1+html, ${JSON_TYPE}`, JSON_TYPE],
  ['who wants the latest', LATEST, JSON_TYPE],
  ['who wants the latest HTML', LATEST.replace('json', 'html'), HTML_TYPE],
  [
    'who likes the latest more than the first',
    `${JSON_TYPE};q=0.1, ${LATEST};q=0.9, text/html;q=0.5`,
    JSON_TYPE,
  ],
  ['who writes loudly', JSON_TYPE.toUpperCase(), JSON_TYPE],
  ['who takes anything, JSON rather not', `*/*, ${JSON_TYPE};q=0`, TEXT],
  ['who takes anything, HTML rather not', '*/*;q=0.5, text/html;q=0', HTML_TYPE],
  ['who takes any text', 'text/*', TEXT],
  ['who takes any application', 'application/*', JSON_TYPE],
  ['who names one and takes anything', `${JSON_TYPE};q=0.2, */*;q=0.1`, JSON_TYPE],
  ['who names one and takes anything alike', `*/*, ${JSON_TYPE}`, JSON_TYPE],
  ['who says it twice', `${JSON_TYPE};q=0, ${JSON_TYPE};q=0.7, text/html;q=0.6`, JSON_TYPE],
  ['who adds a parameter', `${JSON_TYPE};charset=utf-8;q=0.9, text/html;q=0.8`, JSON_TYPE],
  ['whose quality is none', `${JSON_TYPE};q=2, text/html;q=0.01`, TEXT],
  ['whose quality is text', `${JSON_TYPE};q=high, text/html;q=0.01`, TEXT],
]

describe('the media type of a page', () => {
  it.each(ANSWERS)('for %s, %s, is %s', (_who, accept, answer) => {
    expect(chooseMedia(accept).contentType).toBe(answer)
  })

  it.each([
    'application/json',
    'application/vnd.pypi.simple.v2+json',
    'image/png, text/plain',
    `${JSON_TYPE};q=0`,
    'text/html;q=0.000',
    '*/*;q=0',
    ',;,;q=1',
    `${'a/b,'.repeat(64)}${JSON_TYPE}`,
    `${JSON_TYPE};x=${'y'.repeat(4096)}`,
  ])('is none for %.60s', (accept) => {
    expect(() => chooseMedia(accept)).toThrow(expect.objectContaining({ code: 'http.not-acceptable' }))
  })

  it('has a tag of its own', () => {
    const tags = [JSON_TYPE, 'application/vnd.pypi.simple.v1+html', 'text/html'].map(
      (one) => chooseMedia(one).tag,
    )
    expect(new Set(tags).size).toBe(3)
  })

  it('is always one of the three, or refused', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom('*', '/', ';', 'q=', ',', '.', '0', '1', ' ', 'text/html', JSON_TYPE),
        }),
        (accept) => {
          try {
            expect([JSON_TYPE, HTML_TYPE, TEXT]).toContain(chooseMedia(accept).contentType)
          } catch (error) {
            expect(error).toMatchObject({ code: 'http.not-acceptable' })
          }
        },
      ),
    )
  })
})
