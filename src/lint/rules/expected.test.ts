import { describe, expect, it } from 'vitest'
import { requestOf } from '../arrange.ts'
import { lintProject } from '../lint-project.ts'
import { whyRefused } from './expected.ts'
import { ONLY_TAGS, SIGN } from './identity.ts'
import type { Example } from './rule.ts'

type Signing = Parameters<typeof whyRefused>[1]

const MAIN = '  rules:\n    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH\n'
const UPLOADING = SIGN.replace('a\n', 'a\n    - twine upload a\n')
const RELEASE = SIGN.replace('sign:', 'sign:\n  environment: release')

/** What the rule says, or nothing. */
async function saidOf(rule: string, files: Example, facts: object = {}): Promise<string | undefined> {
  const request = requestOf(files)
  const surroundings = { ...request.surroundings, ...facts }
  const { findings } = await lintProject({ ...request, surroundings })
  return findings.find((finding) => finding.rule === rule)?.hits[0].what
}

function policyOf(identity: string): string {
  return `version = 1\n[[rules]]\nnames = ["demo"]\n[[rules.any_of]]\nissuer = "https://gitlab.example.com"\n${identity}\n`
}

const own = (refs: string, more = ''): string =>
  policyOf(`project = "acme/demo"\nproject_id = 1\nrefs = [${refs}]\n${more}`)
const version = (text: string): Example => ({
  'pyproject.toml': `[project]\nname = "demo"\nversion = "${text}"\n`,
})

type PolicyCase = readonly [pipeline: string, policy: string, more: Example, said: string | undefined]

describe('a policy of the project', () => {
  it('is read with the keys that only a gate reads, and without a list of signers', async () => {
    const gate = 'learn = true\ncooldown = "7d"\n'
    const files = {
      '.gitlab-ci.yml': SIGN + ONLY_TAGS,
      'policy.toml': `${own('"refs/heads/main"').replace('[[rules.any_of]]', `${gate}[[rules.any_of]]`)}
[[rules]]
names = ["other"]
unsigned = "allow"
[unlisted]
${gate}[[exempt]]
name = "demo"
version = "1.0"
codes = ["gate.held"]
reason = "a fix"
until = 2030-01-01
by = "ops"
`,
    }
    expect(await saidOf('WS309', files)).toContain('expects refs/heads/main, and pipelines of tags sign')
    expect(await saidOf('WS310', files)).toBeUndefined()
  })

  it('knows a repository by its id as it does a project', async () => {
    const workflow = policyOf('repository = "acme/demo"\nworkflow = "a.yml"\nrefs = ["refs/tags/*"]')
    expect(await saidOf('WS310', { 'policy.toml': workflow })).toBe('acme/demo has no repository_id')
    const known = `${workflow}repository_id = 7\n`
    expect(await saidOf('WS310', { 'policy.toml': known })).toBeUndefined()
  })

  it.each<readonly [string, ...PolicyCase]>([
    ['tags of its form', SIGN + ONLY_TAGS, own('"refs/tags/release-*"'), {}, undefined],
    [
      'a branch',
      SIGN + ONLY_TAGS,
      own('"refs/heads/main"'),
      {},
      'expects refs/heads/main, and pipelines of tags sign as refs/tags/VERSION',
    ],
    ['the tag of the version', SIGN + ONLY_TAGS, own('"refs/tags/v1.2"'), version('1.2'), undefined],
    [
      'the tag of an older version',
      SIGN + ONLY_TAGS,
      own('"refs/tags/v1.1"'),
      version('1.2'),
      'expects refs/tags/v1.1, and pipelines of tags sign as refs/tags/1.2',
    ],
    [
      'a tag where the version is not known',
      SIGN + ONLY_TAGS,
      own('"refs/tags/v1.1"'),
      {},
      'expects refs/tags/v1.1, and pipelines of tags sign as refs/tags/VERSION',
    ],
    ['tags, where all pipelines sign', SIGN, own('"refs/tags/v*"'), {}, undefined],
    [
      'tags, where all pipelines upload',
      UPLOADING,
      own('"refs/tags/v*"'),
      {},
      'expects refs/tags/v*, and pipelines of the default branch sign as refs/heads/main',
    ],
    ['both, where all pipelines upload', UPLOADING, own('"refs/tags/v*", "refs/heads/main"'), {}, undefined],
    [
      'a branch that is not the default one',
      SIGN + MAIN,
      own('"refs/heads/release"'),
      {},
      'expects refs/heads/release, and pipelines of the default branch sign as refs/heads/main',
    ],
    [
      'another pipeline file',
      SIGN + MAIN,
      own('"refs/heads/main"', 'config_file = "ci/release.yml"'),
      {},
      'expects the pipeline file ci/release.yml, and .gitlab-ci.yml signs',
    ],
    [
      'an environment',
      SIGN + MAIN,
      own('"refs/heads/main"', 'environment = "release"'),
      {},
      'expects the environment release, and the jobs that sign have none',
    ],
    [
      'the environment of the job',
      RELEASE + MAIN,
      own('"refs/heads/main"', 'environment = "release"'),
      {},
      undefined,
    ],
    [
      'another environment',
      RELEASE + MAIN,
      own('"refs/heads/main"', 'environment = "production"'),
      {},
      'expects the environment production, and the jobs that sign have the environment release',
    ],
    [
      'its identity in full',
      SIGN + MAIN,
      policyOf('identity = "https://gitlab.example.com/acme/demo//.gitlab-ci.yml@refs/heads/main"'),
      {},
      undefined,
    ],
    [
      'an identity of another ref',
      SIGN + ONLY_TAGS,
      policyOf('identity = "https://gitlab.example.com/acme/demo//.gitlab-ci.yml@refs/heads/main"'),
      {},
      'expects refs/heads/main, and pipelines of tags sign as refs/tags/VERSION',
    ],
    [
      'another project',
      SIGN + MAIN,
      policyOf('project = "acme/other"\nrefs = ["refs/tags/*"]'),
      {},
      undefined,
    ],
  ])('that allows %s', async (_what, ...[pipeline, policy, more, said]: PolicyCase) => {
    expect(await saidOf('WS309', { '.gitlab-ci.yml': pipeline, 'policy.toml': policy, ...more })).toBe(said)
  })

  it('that allows one of several identities is enough', async () => {
    const policy = `${own('"refs/heads/main"')}[[rules.any_of]]\nissuer = "https://gitlab.example.com"\nproject = "acme/demo"\nrefs = ["refs/tags/v*"]\n`
    expect(
      await saidOf('WS309', { '.gitlab-ci.yml': SIGN + ONLY_TAGS, 'policy.toml': policy }),
    ).toBeUndefined()
  })

  it.each<[string, string, boolean]>([
    ['release-*', 'release-1', true],
    ['release-*', 'release-', false],
    ['release-*', 'release-1/a', false],
    ['*-a-*', 'x-a-a-a', true],
    ['a**', 'ab', false],
    ['a**', 'abc', true],
    ['ab*bc', 'abc', false],
    ['team/*', 'team/x', true],
    ['*a*a*a*a*a*a*b', 'a'.repeat(200), false],
  ])('that allows the branches %s, of which it has %s: %s', (pattern, ref, isAllowed) => {
    const { surroundings } = requestOf({})
    const situation = { kind: 'default-branch', ref: `refs/heads/${ref}` }
    const signing = { project: { surroundings }, situation, by: 'policy' } as unknown as Signing
    const refs = [`refs/heads/${pattern}`]
    const said = whyRefused({ project: undefined, file: '.gitlab-ci.yml', refs }, signing)
    expect(said === undefined).toBe(isAllowed)
  })

  it('may have an identity of any length', async () => {
    const policy = policyOf(`identity = "https://gitlab.example.com${'/'.repeat(900_000)}"`)
    expect(await saidOf('WS309', { '.gitlab-ci.yml': SIGN + MAIN, 'policy.toml': policy })).toBeUndefined()
  })

  it('may name any branch where the default one is only a guess', async () => {
    const files = { '.gitlab-ci.yml': SIGN + MAIN, 'policy.toml': own('"refs/heads/master"') }
    expect(await saidOf('WS309', files)).toBeDefined()
    expect(await saidOf('WS309', files, { isDefaultBranchKnown: false })).toBeUndefined()
  })
})

describe('a page that verifies', () => {
  it.each<[string, string, string | undefined]>([
    ['wheelseal verify --project acme/demo dist/*', SIGN + MAIN, undefined],
    [
      'wheelseal verify --project acme/demo dist/*',
      SIGN + ONLY_TAGS,
      'expects refs/heads/main, and pipelines of tags sign as refs/tags/VERSION',
    ],
    ["wheelseal verify --project acme/demo --ref 'refs/tags/v*' dist/*", SIGN + ONLY_TAGS, undefined],
    [
      'wheelseal fetch demo==1.0 --api https://a --project acme/other',
      SIGN + MAIN,
      'expects acme/other, and this project is https://gitlab.example.com/acme/demo',
    ],
    ['wheelseal fetch demo==1.0 --api https://a --project 17', SIGN + MAIN, undefined],
    [
      'wheelseal fetch demo==1.0 --api https://a --project acme/other --policy p.toml',
      SIGN + MAIN,
      undefined,
    ],
    ['wheelseal verify --project "$GROUP/demo" --ref "$REF" dist/*', SIGN + MAIN, undefined],
    [
      'ref=refs/tags/v1\nwheelseal install demo==1.0 --project acme/demo --ref $ref',
      SIGN + ONLY_TAGS,
      undefined,
    ],
    [
      'wheelseal verify --project acme/demo --ref develop dist/*',
      SIGN + MAIN,
      'expects refs/heads/develop, and pipelines of the default branch sign as refs/heads/main',
    ],
    ['wheelseal verify --project acme/demo --ref develop dist/*', SIGN, undefined],
    [
      'cosign verify-blob --certificate-identity https://gitlab.example.com/acme/demo//ci.yml@refs/heads/main a',
      SIGN + MAIN,
      'expects the pipeline file ci.yml, and .gitlab-ci.yml signs',
    ],
  ])('%s', async (line, pipeline, said) => {
    const files = { '.gitlab-ci.yml': pipeline, 'README.md': `\`\`\`sh\n${line}\n\`\`\`\n` }
    expect(await saidOf('WS308', files)).toBe(said)
  })
})
