/** For tests only: a job whose token is as it should be. */
import { gitLabClaims, type IdTokenJob } from './gitlab-claims.ts'
import type { GitLabClaims } from './claims.ts'

export const NOW = 1_900_000_000
export const ISSUER = 'https://gitlab.example'

export const subject: IdTokenJob = {
  project: { id: 7, path: 'group/project', namespaceId: 3, namespacePath: 'group', visibility: 'private' },
  user: { id: 2, login: 'ada', email: 'ada@example.test', accessLevel: 'maintainer' },
  pipeline: { id: 9, source: 'push' },
  job: { id: 11 },
  ref: { name: 'main', type: 'branch', isProtected: true },
  sha: 'ab'.repeat(20),
  configPath: '.gitlab-ci.yml',
  runner: { id: 1, environment: 'self-hosted' },
}

export function makeClaims(changes: Partial<IdTokenJob> = {}, issuer = ISSUER): GitLabClaims {
  return gitLabClaims(
    { ...subject, ...changes },
    {
      issuer,
      audience: 'sigstore',
      issuedAtSeconds: NOW,
      lifetimeSeconds: 3600,
      tokenId: '5c2a3f0e-7f38-4a60-8d5c-1d4f1f4f2a11',
    },
  )
}
