import { expect, it } from 'vitest'
import { inWords } from './trust-show.ts'

const report = {
  url: 'https://seal.example',
  fingerprint: 'sha256:00',
  trusted: [
    { what: 'identity: root', sha256: 'aa', from: '2030-01-01T00:00:00Z', until: '2040-01-01T00:00:00Z' },
    { what: 'log of signatures (Rekor)', sha256: 'bb', from: null, until: null },
  ],
  expires: [
    { what: 'TUF timestamp', at: '2030-01-08T00:00:00Z', renewed: true },
    { what: 'identity: root', at: '2040-01-01T00:00:00Z', renewed: false },
  ],
  rootKeys: { here: ['root'], elsewhere: ['tuf-root'] },
}

it('says who stands behind it, what ends next, and where keys are and are not', () => {
  const words = inWords(report).join('\n')
  expect(words).toContain('One operator stands behind identity, log and time')
  expect(words).toContain(
    'identity: root, from 2030-01-01T00:00:00Z until 2040-01-01T00:00:00Z\n    sha256 aa',
  )
  expect(words).toContain('(Rekor), no end of its own\n    sha256 bb')
  expect(words).toContain('somebody must renew: identity: root, 2040-01-01T00:00:00Z')
  expect(words).toContain('  in the data directory: root\n  not in the data directory: tuf-root')
})

it('says nothing of keys that it cannot know of', () => {
  expect(inWords({ ...report, rootKeys: null }).join('\n')).not.toContain('keys of the roots')
})
