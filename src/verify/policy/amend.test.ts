import { describe, expect, it } from 'vitest'
import { utf8, type WheelsealError } from '../../base/index.ts'
import type { Identity } from '../../identity/index.ts'
import { amendPolicy, type AmendedPolicy, type SealedFile, type TagChoice } from '../index.ts'

const ISSUER = 'https://gitlab.example.com'
const ALL = { bundle: true, timestamp: false, attestation: false }
type Changes = Partial<Omit<Identity, 'extensions'>> & { readonly extensions?: Identity['extensions'] }

function pipelineOf(ref: string, { extensions = {}, ...changes }: Changes = {}): Identity {
  return {
    san: `https://gitlab.example.com/acme/tools//.gitlab-ci.yml@${ref}`,
    sanKind: 'uri',
    issuer: ISSUER,
    extensions: {
      sourceRepositoryUri: `${ISSUER}/acme/tools`,
      sourceRepositoryIdentifier: '42',
      ...extensions,
    },
    ...changes,
  }
}

function fileOf(fileName: string, ...identities: readonly Identity[]): SealedFile {
  return { fileName, seals: identities.map((identity) => ({ identity, has: ALL })) }
}

const WHEEL = 'acme_tools-1.0-py3-none-any.whl'
const GITHUB = 'https://token.actions.githubusercontent.com'
const WORKFLOW = pipelineOf('', {
  san: 'https://github.com/acme/tools/.github/workflows/release.yml@refs/tags/v1.0',
  issuer: GITHUB,
  extensions: {
    sourceRepositoryUri: 'https://github.com/acme/tools',
    sourceRepositoryRef: 'refs/tags/v1.0',
    deploymentEnvironment: 'pypi',
  },
})
const MAIN = fileOf(WHEEL, pipelineOf('refs/heads/main'))

function amended(
  files: readonly SealedFile[],
  { before, tags = 'this tag' }: { readonly before?: string; readonly tags?: TagChoice } = {},
): Promise<AmendedPolicy> {
  return amendPolicy(files, {
    before: before === undefined ? undefined : utf8(before),
    path: 'policy.toml',
    tags,
  })
}

async function codeOf(made: Promise<AmendedPolicy>): Promise<readonly [string, string]> {
  const error = await made.then(
    () => undefined,
    (refusal: unknown) => refusal as WheelsealError,
  )
  return [error?.code ?? 'none', error?.message ?? '']
}

describe('a policy of trusted files', () => {
  it('names the project with its id, the pipeline file and the ref, and what all files have', async () => {
    const sdist = fileOf('acme_tools-1.0.tar.gz', pipelineOf('refs/heads/main'))
    expect((await amended([MAIN, sdist])).text).toBe(`version = 1

[[rules]]
names = ["acme-tools"]
require = ["bundle"]

[[rules.any_of]]
issuer = "https://gitlab.example.com"
project = "acme/tools"
project_id = 42
config_file = ".gitlab-ci.yml"
refs = ["refs/heads/main"]
`)
  })

  it('has the environment and the protection of the ref where the certificate has them', async () => {
    const tokenSubject = 'project_path:acme/tools:ref_type:branch:ref:main:ref_protected:true'
    const extensions = { deploymentEnvironment: 'release', tokenSubject }
    const { rules } = await amended([fileOf(WHEEL, pipelineOf('refs/heads/main', { extensions }))])
    expect(rules[0]?.any_of?.[0]).toMatchObject({ environment: 'release', protected_ref: true })
  })

  it.each([
    [WHEEL, 'refs/tags/v1.0', 'refs/tags/v*'],
    [WHEEL, 'refs/tags/1.0', 'refs/tags/*'],
    [WHEEL, 'refs/tags/tools2-v1.0', 'refs/tags/tools2-v*'],
    [WHEEL, 'refs/tags/release/v1.0.0', 'refs/tags/release/v*'],
    [WHEEL, 'refs/tags/v11.0', 'refs/tags/v*'],
    [WHEEL, 'refs/tags/stable', 'refs/tags/*'],
    [WHEEL, 'refs/heads/v1.0', 'refs/heads/v1.0'],
  ])('of %s signed at %s allows %s if any tag is asked for', async (name, ref, pattern) => {
    const files = [fileOf(name, pipelineOf(ref))]
    expect((await amended(files)).rules[0]?.any_of?.[0]?.refs).toEqual([ref])
    expect((await amended(files, { tags: 'any tag' })).rules[0]?.any_of?.[0]?.refs).toEqual([pattern])
  })

  it('names the repository with its id, the workflow and the ref of a workflow of GitHub', async () => {
    const { rules, text } = await amended([fileOf(WHEEL, WORKFLOW)])
    expect(rules[0]?.any_of).toEqual([
      {
        issuer: GITHUB,
        repository: 'acme/tools',
        repository_id: 42,
        environment: 'pypi',
        workflow: 'release.yml',
        refs: ['refs/tags/v1.0'],
      },
    ])
    expect((await amended([fileOf(WHEEL, WORKFLOW)], { before: text })).added).toBe('')
    const any = await amended([fileOf(WHEEL, WORKFLOW)], { tags: 'any tag' })
    expect(any.rules[0]?.any_of?.[0]?.refs).toEqual(['refs/tags/v*'])
  })

  it.each([
    ['a workflow of another repository', { sourceRepositoryUri: 'https://github.com/acme/other' }],
    ['a workflow that was called from another ref', { sourceRepositoryRef: 'refs/heads/dev' }],
  ])('takes no shortcut for %s', async (_what, changes) => {
    const other = pipelineOf('', { ...WORKFLOW, extensions: { ...WORKFLOW.extensions, ...changes } })
    const { rules } = await amended([fileOf(WHEEL, other)])
    expect(rules[0]?.any_of?.[0]).toMatchObject({ identity: WORKFLOW.san })
  })

  it('names the identity as it is where the certificate is not that of a pipeline', async () => {
    const san = 'https://github.com/acme/tools/.github/workflows/release.yml@refs/tags/v1.0'
    const issuer = 'https://token.actions.githubusercontent.com'
    const extensions = { sourceRepositoryUri: 'https://github.com/acme/tools' }
    const files = [fileOf(WHEEL, pipelineOf('', { san, issuer, extensions }))]
    expect((await amended(files)).rules[0]?.any_of).toEqual([{ issuer, identity: san, project_id: 42 }])
    expect((await amended(files, { tags: 'any tag' })).rules[0]?.any_of?.[0]?.identity_pattern).toBe(
      String.raw`https://github\.com/acme/tools/\.github/workflows/release\.yml@refs/tags/v[^/]+`,
    )
    const mail = { san: 'a@acme.example', sanKind: 'email', issuer: ISSUER, extensions: {} } as const
    expect((await amended([fileOf(WHEEL, mail)])).rules[0]?.any_of).toEqual([
      { issuer: ISSUER, identity: mail.san },
    ])
  })

  it.each([
    ['a pipeline file of another project', 'https://gitlab.example.com/acme/ci//sign.yml@refs/heads/main'],
    [
      'a ref with characters that no policy has',
      'https://gitlab.example.com/acme/tools//a.yml@refs/heads/a(b',
    ],
    ['a wildcard in the ref', 'https://gitlab.example.com/acme/tools//a.yml@refs/heads/*'],
    ['another host', 'https://other.example/acme/tools//.gitlab-ci.yml@refs/heads/main'],
  ])('takes no shortcut for %s', async (_what, san) => {
    const { rules } = await amended([fileOf(WHEEL, pipelineOf('', { san }))])
    expect(rules[0]?.any_of).toEqual([{ issuer: ISSUER, identity: san, project_id: 42 }])
  })

  it('lists the refs of one signer in one identity, and other pipeline files in another', async () => {
    const other = 'https://gitlab.example.com/acme/tools//release.yml@refs/heads/main'
    const files = [
      fileOf('acme_tools-1.0.tar.gz', pipelineOf('refs/tags/v1.0')),
      fileOf('acme_tools-1.1.tar.gz', pipelineOf('refs/tags/v1.1')),
      fileOf('acme_tools-1.2.tar.gz', pipelineOf('', { san: other })),
    ]
    const { rules } = await amended(files)
    expect(rules[0]?.any_of).toMatchObject([
      { config_file: '.gitlab-ci.yml', refs: ['refs/tags/v1.0', 'refs/tags/v1.1'] },
      { config_file: 'release.yml', refs: ['refs/heads/main'] },
    ])
  })

  it('has one rule for packages of the same signer, and several for others', async () => {
    const stranger = pipelineOf('refs/heads/main', {
      san: 'https://gitlab.example.com/acme/base//.gitlab-ci.yml@refs/heads/main',
      extensions: { sourceRepositoryUri: `${ISSUER}/acme/base`, sourceRepositoryIdentifier: '7' },
    })
    const files = [
      MAIN,
      fileOf('acme_base-2.0.tar.gz', stranger),
      fileOf('acme_more-1.0.tar.gz', pipelineOf('refs/heads/main')),
    ]
    expect((await amended(files)).rules.map(({ names }) => names)).toEqual([
      ['acme-tools', 'acme-more'],
      ['acme-base'],
    ])
  })

  it('is not made of files of one package with two signers, nor of a file with two', async () => {
    const again = { sourceRepositoryUri: `${ISSUER}/acme/tools`, sourceRepositoryIdentifier: '43' }
    const stranger = pipelineOf('refs/heads/main', { extensions: again })
    const [code, message] = await codeOf(amended([MAIN, fileOf('acme_tools-1.0.tar.gz', stranger)]))
    expect(code).toBe('verify.policy-signers')
    expect(message).toContain('acme_tools-1.0.tar.gz by https://gitlab.example.com/acme/tools//')
    const both = fileOf(WHEEL, pipelineOf('refs/heads/main'), stranger)
    expect(await codeOf(amended([both]))).toMatchObject(['verify.policy-signers', expect.anything()])
  })

  it('is not made of files whose package is not sure', async () => {
    const who = pipelineOf('refs/heads/main')
    expect(await codeOf(amended([fileOf('notes.txt', who)]))).toMatchObject([
      'python.file-name',
      expect.anything(),
    ])
    expect(await codeOf(amended([fileOf('acme-1-2.tar.gz', who)]))).toMatchObject([
      'verify.policy',
      expect.stringContaining('ambiguous'),
    ])
  })
})

describe('a policy that is there already', () => {
  const rule = (names: string, ref: string): string => `# kept
version = 1
[[rules]] # of ours
${names}
[[rules.any_of]]
issuer = "${ISSUER}"
project = "acme/tools"
refs = ["${ref}"] # no new line at the end`

  it('keeps every byte, and gets the new rule at its end', async () => {
    const before = rule('names = ["acme-base"]', 'refs/heads/main')
    const { text, added } = await amended([MAIN], { before })
    expect(text).toBe(`${before}\n${added}`)
    expect(added).toContain('names = ["acme-tools"]')
  })

  it('stays as it is where it allows the files', async () => {
    const before = rule('names = ["Acme.Tools"]', 'refs/heads/*')
    expect(await amended([MAIN], { before })).toEqual({
      text: before,
      added: '',
      rules: [],
      replaced: new Map(),
    })
  })

  it('is not widened where its own rule for the package does not allow them', async () => {
    const before = rule('names = ["acme-tools"]', 'refs/heads/other')
    const [code, message] = await codeOf(amended([MAIN], { before }))
    expect(code).toBe('verify.policy-listed')
    expect(message).toContain('rule 1 of policy.toml (name acme-tools) does not allow')
    const required = rule('names = ["acme-tools"]\nrequire = ["timestamp"]', 'refs/heads/main')
    expect((await codeOf(amended([MAIN], { before: required })))[0]).toBe('verify.policy-listed')
  })

  it('gets a rule that comes before that of a prefix, and says so', async () => {
    const before = rule('prefixes = ["acme-"]', 'refs/heads/other')
    const { replaced } = await amended([MAIN], { before })
    expect([...replaced]).toEqual([['acme-tools', 'rule 1 of policy.toml (prefix acme-)']])
  })

  it('keeps the keys that only a gate reads, and gets no second rule where history decides', async () => {
    const before = `version = 1
[[rules]]
names = ["acme-tools"]
learn = true
cooldown = "7d"
[unlisted]
unsigned = "allow"
[[exempt]]
name = "acme-base"
version = "1.0"
codes = ["gate.held"]
reason = "a fix"
until = 2030-01-01
by = "ops"
`
    const base = fileOf('acme_base-1.0.tar.gz', pipelineOf('refs/heads/main'))
    const { text, added, replaced } = await amended([base], { before })
    expect(text).toBe(before + added)
    expect([...replaced]).toEqual([['acme-base', '[unlisted] of policy.toml']])
    expect(await codeOf(amended([MAIN], { before }))).toEqual([
      'verify.policy-listed',
      expect.stringContaining('rule 1 of policy.toml (name acme-tools) does not allow'),
    ])
  })

  it('is left alone where it has its rules in a form that takes no more, or is wrong', async () => {
    expect((await codeOf(amended([MAIN], { before: 'version = 2\n' })))[0]).toBe('verify.policy-file')
    const inline = `version = 1\nrules = [{ names = ["a"], any_of = [{ issuer = "${ISSUER}", identity = "b" }] }]\n`
    expect((await codeOf(amended([MAIN], { before: inline })))[0]).toBe('verify.policy-file')
  })
})
