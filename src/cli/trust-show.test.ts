import { expect, it } from 'vitest'
import { inWords } from './trust-show.ts'

const report = {
  url: 'https://seal.example',
  fingerprint: 'sha256:00',
  trusted: [
    {
      what: 'certificate authority: root certificate',
      sha256: 'aa',
      from: '2030-01-01T00:00:00Z',
      until: '2040-01-01T00:00:00Z',
    },
    { what: 'signature log (Rekor)', sha256: 'bb', from: null, until: null },
  ],
  expires: [
    { what: 'TUF timestamp', at: '2030-01-08T00:00:00Z', renewed: true },
    { what: 'certificate authority: root certificate', at: '2040-01-01T00:00:00Z', renewed: false },
  ],
  rootKeys: { here: ['root'], elsewhere: ['tuf-root'] },
}

it('says who stands behind it, what ends next, and where keys are and are not', () => {
  const words = inWords(report).join('\n')
  expect(words).toContain('One operator runs the issuer, the certificate authority, the logs')
  expect(words).toContain(
    'certificate authority: root certificate, from 2030-01-01T00:00:00Z until 2040-01-01T00:00:00Z\n    sha256 aa',
  )
  expect(words).toContain('(Rekor), no expiry\n    sha256 bb')
  expect(words).toContain(
    'next to renew by hand: certificate authority: root certificate, 2040-01-01T00:00:00Z',
  )
  expect(words).toContain('  in the data directory: root\n  not in the data directory: tuf-root')
})

it('says nothing of keys that it cannot know of', () => {
  expect(inWords({ ...report, rootKeys: null }).join('\n')).not.toContain('root keys')
})
