import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { errorPage, errorReference } from '../../scripts/error-reference.ts'
import { errorKinds } from '../../src/base/index.ts'

describe('the page of errors', () => {
  it('is what the code says', async () => {
    expect(readFileSync(errorPage, 'utf8')).toBe(await errorReference())
  })

  it('tells of every code what it means and what to do', async () => {
    await errorReference()
    expect(errorKinds().size).toBeGreaterThan(60)
    for (const [code, { summary, hint }] of errorKinds()) {
      expect(code).toMatch(/^[a-z0-9]+(?:\.[a-z0-9-]+)+$/)
      expect(summary).toMatch(/^[A-Z].*\.$/)
      expect(hint.length).toBeGreaterThan(10)
    }
  })
})
