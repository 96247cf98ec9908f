import { describe, expect, it } from 'vitest'
import { slug } from './variables.ts'

describe('a slug', () => {
  it.each([
    ['main', 'main'],
    ['Feature/ÄB_c', 'feature--b-c'],
    ['--a--', 'a'],
    ['x'.repeat(80), 'x'.repeat(63)],
    [`${'x'.repeat(62)}/y`, 'x'.repeat(62)],
    ['group/sub/project', 'group-sub-project'],
  ])('of %s is %s', (text, wanted) => {
    expect(slug(text)).toBe(wanted)
  })
})
