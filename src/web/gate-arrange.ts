/** For tests only: what a gate says of a release that somebody else signed. */
import type { FileReport, LinkedReport, ReleaseReport } from '../gate/index.ts'

export const FILE: FileReport = {
  fileName: 'demo-2.0-py3-none-any.whl',
  sha256: 'ab'.repeat(32),
  upstreamUrl: 'https://files.example/demo-2.0-py3-none-any.whl',
  url: 'http://gate.example/gate/prod/files/pypi/demo-2.0-py3-none-any.whl',
  uploadedAt: '2026-11-27T10:00:00.000Z',
  uploadedAtIs: 'said',
  outcome: 'refused',
  code: 'verify.identity',
  sentence: 'refused: demo 2.0 was signed by mallory',
  grounds: [
    {
      code: 'verify.identity',
      fact: 'was signed by gitlab.com/mallory/demo, expected gitlab.com/acme/demo',
    },
  ],
  signer: {
    identity: 'https://gitlab.com/mallory/demo//.gitlab-ci.yml@refs/tags/v2.0',
    issuer: 'https://gitlab.com',
    claims: {
      sourceRepositoryUri: 'https://gitlab.com/mallory/demo',
      sourceRepositoryDigest: '1f0c9e2b2c1d',
      sourceRepositoryRef: 'refs/tags/v2.0',
    },
    signedAt: '2026-11-27T09:58:00.000Z',
    logIndex: 9,
  },
  notes: ['learning: few releases'],
}

export const REPORT: ReleaseReport = {
  gate: 'prod',
  mode: 'enforce',
  name: 'demo',
  version: '2.0',
  upstream: 'pypi',
  outcome: 'refused',
  rule: 'rule 1 of policy.toml',
  policySha256: '9b'.repeat(32),
  states: ['full-provenance', 'changed'],
  files: [FILE],
  servedInstead: { version: '1.1', signedAt: '2026-01-01T00:00:00.000Z', logIndex: 3 },
  pins: [
    {
      repository: 'gitlab.com/acme/demo',
      issuer: 'https://gitlab.com',
      workflow: '.gitlab-ci.yml',
      since: '2026-01-01T00:00:00.000Z',
      by: 'history',
    },
  ],
  next: ['keep demo<2.0, or if the move is real', 'wheelseal gate approve demo --repository mallory/demo'],
}

export const LINKED: LinkedReport = {
  ...REPORT,
  refusal: {
    id: '9f3a61c2',
    fileName: FILE.fileName,
    code: 'verify.identity',
    sentence: 'refused: demo 2.0 was signed by mallory',
    first: '2026-11-28T01:02:03.000Z',
    last: '2026-11-29T01:02:03.000Z',
    count: 6,
  },
}
