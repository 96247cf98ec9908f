import { describe, expect, it } from 'vitest'
import { isSideFile, requireSealed } from '../index.ts'

describe('what lies beside a distribution', () => {
  it('is a seal as a bundle or an attestation alone, and as a signature with its certificate only', () => {
    expect(() => requireSealed('a', ['.sigstore.json'])).not.toThrow()
    expect(() => requireSealed('a', ['.publish.attestation'])).not.toThrow()
    expect(() => requireSealed('a', ['.sig', '.crt'])).not.toThrow()
    expect(() => requireSealed('a', ['.crt'])).toThrow('there is only a.crt')
    expect(() => requireSealed('a', [])).toThrow('a has no seal next to it: there is nothing')
  })

  it('is told from a distribution by its ending', () => {
    expect(isSideFile('a-1.0.tar.gz.sig')).toBe(true)
    expect(isSideFile('a-1.0.tar.gz')).toBe(false)
  })
})
