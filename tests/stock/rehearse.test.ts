import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cosign2, present, shared } from '../support/judges.ts'
import { root, runProgram, type Outcome } from '../support/program.ts'
import { gitlabProject, rehearse } from '../support/rehearsal.ts'
import { startServer, temporaryFolder } from '../support/server.ts'

const publicRoot = join(shared, 'cases', 'trusted-roots', 'production.json')
const IDENTITY = 'https://gitlab.com/acme/tool//.gitlab-ci.yml@refs/heads/main'
const VERIFY = `cosign verify-blob --certificate-oidc-issuer https://gitlab.com`

/** Each line as a maintainer writes it for gitlab.com; what must fail is caught, and its message read. */
const PIPELINE = String.raw`
stages: [sign, verify, publish]
variables:
  IDENTITY: 'https://gitlab.com/${'$'}{CI_PROJECT_PATH}//.gitlab-ci.yml@refs/heads/${'$'}{CI_DEFAULT_BRANCH}'
  GENERIC: '${'$'}{CI_API_V4_URL}/projects/${'$'}{CI_PROJECT_ID}/packages/generic/tool/1.0'
default:
  before_script:
    - apt-get update && apt-get install -y curl wget
    - wget -q -O cosign https://github.com/sigstore/cosign/releases/download/v2.2.3/cosign-linux-amd64
    - chmod +x cosign && sudo mv cosign /usr/local/bin/
    - refuses() { if "${'$'}{@:2}" > said 2>&1; then echo "accepted"; exit 1; fi; cat said; grep -qE "$1" said; }
sign:
  stage: sign
  id_tokens:
    SIGSTORE_ID_TOKEN: { aud: sigstore }
  script:
    - mkdir dist && echo tool > dist/tool && echo other > dist/other
    - |
      for file in tool other; do
        cosign sign-blob --yes --fulcio-url=https://fulcio.sigstore.dev --rekor-url=https://rekor.sigstore.dev \
          --oidc-issuer $CI_SERVER_URL --identity-token $SIGSTORE_ID_TOKEN --bundle dist/$file.bundle \
          --output-signature dist/$file.sig --output-certificate dist/$file.crt dist/$file
      done
    - echo "$SIGSTORE_ID_TOKEN" > dist/token
    - refuses 'not found' git ls-remote https://gitlab-ci-token:$CI_JOB_TOKEN@gitlab.com/acme/nothing
    - python3 -c "import urllib.request as r; print(r.urlopen('https://gitlab.com/.well-known/openid-configuration').status)"
  artifacts: { paths: [dist/] }
verify:
  stage: verify
  script:
    - cp -r dist faults && cd faults
    - ${VERIFY} --certificate-identity "$IDENTITY" --signature tool.sig --certificate tool.crt tool
    - echo "== altered" && echo x >> tool
    - refuses 'invalid signature|verifying signature' ${VERIFY} --certificate-identity "$IDENTITY" --signature tool.sig --certificate tool.crt tool
    - echo "== another signature" && cp ../dist/tool tool
    - refuses 'invalid signature|verifying signature' ${VERIFY} --certificate-identity "$IDENTITY" --signature other.sig --certificate other.crt tool
    - echo "== no certificate"
    - refuses 'gone.crt' ${VERIFY} --certificate-identity "$IDENTITY" --signature tool.sig --certificate gone.crt tool
    - echo "== another identity"
    - refuses 'none of the expected identities matched' ${VERIFY} --certificate-identity "$IDENTITY.evil" --signature tool.sig --certificate tool.crt tool
    - echo "== no log"
    - refuses 'rekor.down.example' ${VERIFY} --rekor-url https://rekor.down.example --certificate-identity "$IDENTITY" --signature tool.sig --certificate tool.crt tool
    - echo "== token of a job that has ended"
    - refuses 'has ended' cosign sign-blob --yes --fulcio-url=https://fulcio.sigstore.dev --rekor-url=https://rekor.sigstore.dev --identity-token $(cat token) tool
    - echo "== no trust root"
    - unset SIGSTORE_ROOT_FILE SIGSTORE_REKOR_PUBLIC_KEY SIGSTORE_CT_LOG_PUBLIC_KEY_FILE
    - refuses 'tuf' ${VERIFY} --certificate-identity "$IDENTITY" --signature tool.sig --certificate tool.crt tool
publish:
  stage: publish
  script:
    - for f in tool tool.sig tool.crt tool.bundle; do curl --fail --header "JOB-TOKEN:$CI_JOB_TOKEN" --upload-file dist/$f $GENERIC/$f; done
    - echo "== registry refuses"
    - refuses 'tool' curl --fail-with-body -sS --user "gitlab-ci-token:$CI_JOB_TOKEN" -F name=tool -F version=1.0 -F content=@dist/tool "$CI_API_V4_URL/projects/$CI_PROJECT_ID/packages/pypi"
`

/** What a user of the package does, and then the files go to the test. */
const THEN = `set -eux
if env | grep -i -E 'token|password|secret'; then exit 1; fi
wget -q -O cosign https://github.com/sigstore/cosign/releases/download/v2.2.3/cosign-linux-amd64
chmod +x cosign && sudo mv cosign /usr/local/bin/
for f in tool tool.sig tool.crt tool.bundle; do
  curl -fsSO "https://gitlab.com/api/v4/projects/$CI_PROJECT_ID/packages/generic/tool/1.0/$f"
done
${VERIFY} --certificate-identity ${IDENTITY} --signature tool.sig --certificate tool.crt tool
cp "$SIGSTORE_ROOT_FILE" "$SIGSTORE_REKOR_PUBLIC_KEY" "$SIGSTORE_CT_LOG_PUBLIC_KEY_FILE" .
set +x
for f in tool tool.sig tool.crt tool.bundle SIGSTORE_*; do echo "file $f $(base64 -w0 "$f")"; done
`

let folder: { path: string; remove: () => Promise<void> }
let outcome: Outcome
let out: string

describe.runIf(present(cosign2))('wheelseal rehearse with stock cosign', () => {
  beforeAll(async () => {
    folder = await temporaryFolder()
    const at = (name: string): string => join(folder.path, name)
    for (const name of ['tmp', 'out']) await mkdir(at(name))
    await writeFile(at('then.sh'), THEN)
    const project = await gitlabProject(at('tool'), PIPELINE)
    const more = ['--cosign', cosign2, '--then', at('then.sh')]
    outcome = await rehearse({ project, temporary: at('tmp'), more })
    out = at('out')
    for (const [, name = '', text = ''] of outcome.stderr.matchAll(/\| file (\S+) (\S+)/g))
      await writeFile(join(out, name), Buffer.from(text, 'base64'))
  }, 600_000)
  afterAll(() => folder.remove())

  it('runs a pipeline of gitlab.com unchanged, then the script of a user', () => {
    expect(outcome.stderr).toMatch(/verify +passed/)
    expect(outcome).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('the script of --then succeeded'),
    })
  })

  it('says before the run what is not as on gitlab.com', () => {
    const [before = ''] = outcome.stderr.split('pipeline 1 of')
    for (const host of ['gitlab.com', 'github.com', 'fulcio.sigstore.dev', 'rekor.sigstore.dev'])
      expect(before).toContain(`${host}: `)
    expect(before).toContain(cosign2)
    for (const name of ['ROOT_FILE', 'REKOR_PUBLIC_KEY', 'CT_LOG_PUBLIC_KEY_FILE'])
      expect(before).toContain(`SIGSTORE_${name}`)
    expect(outcome.stderr).toContain('rekor.sigstore.dev: answered by this machine')
  })

  it('was started by the line of docs/how-to/rehearse-a-release.md', async () => {
    const page = await readFile(join(root, 'docs', 'how-to', 'rehearse-a-release.md'), 'utf8')
    const lines = [...page.matchAll(/^```sh\n([^]*?)\n```$/gm)].map(([, line]) => line)
    expect(lines).toEqual([
      'wheelseal rehearse',
      'wheelseal rehearse --cosign ./cosign-linux-amd64 --then verify-as-a-user.sh',
    ])
  })

  it('leaves no file', async () => {
    expect(await readdir(join(folder.path, 'tmp'))).toEqual([])
  })

  it('signed what verifies under the trust of the rehearsal', async () => {
    expect(await verify(offline(), trustOf(out))).toMatchObject({ code: 0 })
  })

  it('signed nothing that verifies under the roots of an instance', async () => {
    const server = await startServer(join(folder.path, 'data'))
    try {
      await server.admin('trust', 'export', '--out', join(folder.path, 'trust'))
      const trust = join(folder.path, 'trust')
      const own = {
        SIGSTORE_ROOT_FILE: join(trust, 'fulcio.pem'),
        SIGSTORE_REKOR_PUBLIC_KEY: join(trust, 'rekor.pub'),
        SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: join(trust, 'ctfe.pub'),
      }
      await expectRefusals(own)
    } finally {
      await server.stop()
    }
  })

  it.runIf(present(publicRoot))('signed nothing that verifies under the public roots', async () => {
    await expectRefusals(await publicTrust(JSON.parse(await readFile(publicRoot, 'utf8'))))
  })
})

type Trust = Readonly<
  Record<'SIGSTORE_ROOT_FILE' | 'SIGSTORE_REKOR_PUBLIC_KEY' | 'SIGSTORE_CT_LOG_PUBLIC_KEY_FILE', string>
>

function trustOf(place: string): Trust {
  const at = (name: string): string => join(place, name)
  return {
    SIGSTORE_ROOT_FILE: at('SIGSTORE_ROOT_FILE'),
    SIGSTORE_REKOR_PUBLIC_KEY: at('SIGSTORE_REKOR_PUBLIC_KEY'),
    SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: at('SIGSTORE_CT_LOG_PUBLIC_KEY_FILE'),
  }
}

function offline(): readonly string[] {
  return ['--offline', '--bundle', join(out, 'tool.bundle')]
}

function verify(more: readonly string[], env: Trust): Promise<Outcome> {
  const identity = ['--certificate-identity', IDENTITY, '--certificate-oidc-issuer', 'https://gitlab.com']
  return runProgram([cosign2, 'verify-blob', ...identity, ...more, join(out, 'tool')], { env })
}

/** Each part of the other trust refuses alone: its authority, its log and its CT log. */
async function expectRefusals(other: Trust): Promise<void> {
  const own = trustOf(out)
  expect(await verify(offline(), other)).toMatchObject({ code: 1 })
  for (const name of Object.keys(own) as (keyof Trust)[]) {
    const { code, stderr } = await verify(offline(), { ...own, [name]: other[name] })
    expect([name, code]).toEqual([name, 1])
    expect(stderr).toMatch(/unknown authority|no valid tlog|not found|SCT|public key/i)
  }
}

interface PublicRoot {
  readonly certificateAuthorities: readonly { certChain: { certificates: readonly { rawBytes: string }[] } }[]
  readonly tlogs: readonly { publicKey: { rawBytes: string } }[]
  readonly ctlogs: readonly { publicKey: { rawBytes: string } }[]
}

async function publicTrust({ certificateAuthorities, tlogs, ctlogs }: PublicRoot): Promise<Trust> {
  const pem = (label: string, text: string): string =>
    `-----BEGIN ${label}-----\n${text.match(/.{1,64}/g)?.join('\n')}\n-----END ${label}-----\n`
  const chains = certificateAuthorities.flatMap(({ certChain }) => certChain.certificates)
  const place = join(folder.path, 'public')
  await mkdir(place)
  const trust = trustOf(place)
  await writeFile(
    trust.SIGSTORE_ROOT_FILE,
    chains.map(({ rawBytes }) => pem('CERTIFICATE', rawBytes)).join(''),
  )
  await writeFile(trust.SIGSTORE_REKOR_PUBLIC_KEY, pem('PUBLIC KEY', tlogs[0]!.publicKey.rawBytes))
  await writeFile(trust.SIGSTORE_CT_LOG_PUBLIC_KEY_FILE, pem('PUBLIC KEY', ctlogs[0]!.publicKey.rawBytes))
  return trust
}
