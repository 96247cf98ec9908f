/** For tests only: what a gate answers. */
import type { FileReport, LinkedReport, ReleaseReport } from '../../gate/index.ts'

export const REFUSED_FILE: FileReport = {
  fileName: 'demo-2.0-py3-none-any.whl',
  sha256: 'ab'.repeat(32),
  upstreamUrl: 'https://files.example/demo-2.0-py3-none-any.whl',
  url: 'http://127.0.0.1:7712/gate/prod/files/pypi/demo-2.0-py3-none-any.whl',
  uploadedAt: '2026-11-27T10:00:00.000Z',
  uploadedAtIs: 'said',
  outcome: 'refused',
  code: 'verify.identity',
  sentence: 'refused (verify.identity): demo 2.0 was signed by …',
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
    },
    signedAt: '2026-11-27T09:58:00.000Z',
    logIndex: 9,
  },
  notes: [],
}

export const REFUSED: ReleaseReport = {
  gate: 'prod',
  mode: 'enforce',
  name: 'demo',
  version: '2.0',
  upstream: 'pypi',
  outcome: 'refused',
  rule: 'rule 1 of policy.toml',
  policySha256: '9b'.repeat(32),
  states: [],
  files: [REFUSED_FILE, { ...REFUSED_FILE, fileName: 'demo-2.0.tar.gz', sha256: 'cd'.repeat(32) }],
  servedInstead: { version: '1.1', signedAt: '2026-01-01T00:00:00.000Z', logIndex: 3 },
  pins: [],
  next: ['keep demo<2.0, or if the move is real', 'wheelseal gate approve demo --repository mallory/demo'],
}

const { code: _code, sentence: _sentence, ...file } = REFUSED_FILE
export const ALLOWED: ReleaseReport = {
  ...REFUSED,
  outcome: 'allowed',
  version: '1.1',
  files: [{ ...file, fileName: 'demo-1.1.tar.gz', outcome: 'allowed', grounds: [] }],
  servedInstead: null,
  next: [],
}

export const LINKED: LinkedReport = {
  ...REFUSED,
  refusal: {
    id: '9f3a61c2',
    fileName: 'demo-2.0.tar.gz',
    code: 'verify.identity',
    sentence: 'refused (verify.identity): …',
    first: '2026-11-28T01:02:03.000Z',
    last: '2026-11-29T01:02:03.000Z',
    count: 6,
  },
}
