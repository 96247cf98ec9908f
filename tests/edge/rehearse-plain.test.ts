import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Outcome } from '../support/program.ts'
import { gitlabProject, leftIn, rehearse } from '../support/rehearsal.ts'
import { temporaryFolder } from '../support/server.ts'

const DOWNLOAD = 'https://github.com/sigstore/cosign/releases/download/v2.2.3/cosign-linux-amd64'
const PROGRAM = 'wheelseal-rehearsal-test'

/** The usual lines of a pipeline that would change a machine, and what must not be reached. */
const PIPELINE = `
sign:
  image: alpine
  id_tokens:
    SIGSTORE_ID_TOKEN: { aud: sigstore }
  script:
    - apt-get update && apt-get install -y python3
    - '! apt-get install -y no-such-program-anywhere'
    - curl -fsSL -o cosign ${DOWNLOAD}
    - chmod +x cosign && cp cosign ${PROGRAM}
    - sudo mv cosign /usr/local/bin/ && mv ${PROGRAM} /usr/local/bin/${PROGRAM}-mv
    - touch x && install -m 755 x /usr/local/bin/${PROGRAM}-install && ln -s "$PWD/x" /usr/local/bin/${PROGRAM}-ln
    - cp x y && test -f y && mkdir d && mv -t d y && test -f d/y
    - command -v cosign ${PROGRAM}-mv ${PROGRAM}-install
    - echo data > data
    - >-
      cosign sign-blob --yes --fulcio-url=https://fulcio.sigstore.dev --rekor-url=https://rekor.sigstore.dev
      --identity-token "$SIGSTORE_ID_TOKEN" --output-signature sig --output-certificate crt data
    - >-
      cosign verify-blob --signature sig --certificate crt --certificate-oidc-issuer https://gitlab.com
      --certificate-identity "https://gitlab.com/acme/tool//.gitlab-ci.yml@refs/heads/main" data
    - python3 -c "import urllib.request as r; print('issuer', r.urlopen('https://gitlab.com/.well-known/openid-configuration').status)"
    - '! curl -fsS https://tuf-repo-cdn.sigstore.dev/'
    - '! curl -fsS http://169.254.169.254/'
    - exit 9
`

let folder: { path: string; remove: () => Promise<void> }
let temporary: string
let outcome: Outcome
let before: readonly string[]

beforeAll(async () => {
  folder = await temporaryFolder()
  temporary = join(folder.path, 'tmp')
  await mkdir(temporary)
  before = await readdir('/usr/local/bin')
  const project = await gitlabProject(join(folder.path, 'tool'), PIPELINE)
  outcome = await rehearse({ project, temporary, more: ['--executor', 'plain'] })
}, 180_000)
afterAll(() => folder.remove())

describe('a rehearsal with the plain executor', () => {
  it('signs and verifies through the stand-ins, by proxy variables', () => {
    expect(outcome.stderr).toContain('| Verified OK')
    expect(outcome.stderr).toContain('| issuer 200')
    expect(outcome.stderr).toMatch(/stage test failed \(exit 9\)/)
  })

  it('refuses hosts that are not answered here', () => {
    expect(outcome.stderr).toMatch(/curl: .*(?:403|reset|closed|SSL)/i)
    expect(outcome.stderr).toContain('the TUF repository of public Sigstore is never imitated')
  })

  it('leaves the programs of the machine as they were, and nothing of its own', async () => {
    expect(await readdir('/usr/local/bin')).toEqual(before)
    await expect.poll(() => leftIn(temporary), { timeout: 5_000 }).toEqual([])
  })
})
