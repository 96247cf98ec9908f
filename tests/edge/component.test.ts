import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { componentInputs, componentTemplate } from '../../scripts/component-reference.ts'
import {
  componentParts,
  InvalidPipelineError,
  planPipeline,
  shippedText,
  textSources,
  type Plan,
  type Sources,
} from '../../src/ciconfig/index.ts'
import { shippedComponent } from '../../src/host/index.ts'
import { runProgram, wheelseal, type Outcome } from '../support/program.ts'

const folder = mkdtempSync(join(tmpdir(), 'wheelseal-component-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Values in JSON, as YAML reads them too. */
function including(inputs: string, version = '0.1.0'): string {
  return `include:
  - component: $CI_SERVER_FQDN/wheelseal/components/python-package@${version}
    inputs: ${inputs}
`
}

async function planOf(inputs: string, before = ''): Promise<Plan> {
  const own = textSources(new Map([['.gitlab-ci.yml', before + including(inputs)]]))
  const sources: Sources = {
    ...own,
    read: async (address) =>
      address.kind === 'component'
        ? shippedText(componentParts(address.address)!, shippedComponent())!
        : own.read(address),
  }
  const predefined = Object.entries({
    CI_SERVER_FQDN: 'gitlab.example',
    CI_COMMIT_BRANCH: 'main',
    CI_COMMIT_REF_PROTECTED: 'true',
  })
  const variables = {
    predefined: predefined.map(([key, value]) => ({ key, value })),
    project: [],
    pipeline: [],
  }
  return planPipeline({ file: '.gitlab-ci.yml', sources, variables })
}

async function problemsOf(inputs: string): Promise<readonly string[]> {
  try {
    await planOf(inputs)
    return []
  } catch (error) {
    if (!(error instanceof InvalidPipelineError)) throw error
    return error.problems.map(({ message }) => message)
  }
}

const STAGE_NAMES = [
  'stage-build',
  'stage-sign',
  'stage-verify',
  'stage-publish-signatures',
  'stage-publish',
  'stage-consumer-verification',
]
const HEX = 'ab'.repeat(32)

const WRONG: readonly (readonly [input: string, value: unknown])[] = [
  ['python-version', '3'],
  ['python-version', '2.7'],
  ['python-version', 3.12],
  ['python-version', "3.12'\n"],
  ['image', ''],
  ['image', 'python 3'],
  ['image', "python:3.12'"],
  ['runner-tags', 'linux'],
  ['directory', '/etc'],
  ['directory', '../other'],
  ['directory', 'a/../b'],
  ['directory', "a'; id #"],
  ['release-from', 'everywhere'],
  ['policy', '/etc/policy.toml'],
  ['policy', '../policy.toml'],
  ['policy', 'policy.json'],
  ['policy', '$(id).toml'],
  ['job-prefix', '.hidden'],
  ['job-prefix', 'a:\n'],
  ...STAGE_NAMES.flatMap((name) => [[name, ''] as const, [name, '.pre'] as const, [name, 'a: b'] as const]),
  ...['fulcio-url', 'rekor-url', 'tsa-url', 'tuf-url'].flatMap((name) => [
    [name, 'http://seal.example'] as const,
    [name, 'https://user@seal.example'] as const,
    [name, 'seal.example'] as const,
    [name, "https://seal.example/'"] as const,
  ]),
  ['tuf-root', HEX],
  ['tuf-root', `sha256:${HEX.toUpperCase()}`],
  ['token-audience', ''],
  ['token-audience', 'a b'],
  ['wheelseal-version', '0.1'],
  ['wheelseal-version', '0.1.0; id'],
  ['wheelseal-hashes', HEX],
  ['wheelseal-hashes', `sha256:${HEX},sha256:${HEX}`],
  ['wheelseal-hashes', `sha256:${HEX} --index-url=https://evil.example`],
]

describe('a wrong value of an input', () => {
  it.each(WRONG)('of %s, %j, is refused before there is a pipeline', async (input, value) => {
    expect(await problemsOf(JSON.stringify({ [input]: value }))).toEqual([
      expect.stringMatching(new RegExp(`^the input ${input} (?:is|must be) `)),
    ])
  })

  it('is in this table for each input', () => {
    const declared = Object.keys(componentInputs(readFileSync(componentTemplate, 'utf8')))
    expect([...new Set(WRONG.map(([name]) => name))].toSorted()).toEqual(declared.toSorted())
  })

  it('is not one that the page shows or a GitLab has', async () => {
    const right = {
      'python-version': '3.13.2',
      image: `registry.gitlab.example:5050/tools/python@sha256:${HEX}`,
      'runner-tags': ['linux', 'trusted'],
      directory: 'packages/tools.core',
      'release-from': 'protected-tags',
      policy: 'policies/release.toml',
      'fulcio-url': 'https://seal.example:8443',
      'tsa-url': 'https://seal.example/api/v1/timestamp',
      'tuf-url': 'https://seal.example/tuf/',
      'tuf-root': `sha256:${HEX}`,
      'wheelseal-version': '1.20.0rc1',
      'wheelseal-hashes': `sha256:${HEX} sha256:${HEX}`,
    }
    expect(await problemsOf(JSON.stringify(right))).toEqual([])
  })
})

describe('the defaults of the project', () => {
  it.each([
    ['cache', 'cache: { paths: [.cache] }\n'],
    ['cache', 'default: { cache: { paths: [.cache] } }\n'],
    ['id_tokens', 'default: { id_tokens: { OTHER: { aud: other } } }\n'],
    ['after_script', 'default: { after_script: [id] }\n'],
    ['hooks', 'default: { hooks: { pre_get_sources_script: [id] } }\n'],
  ] as const)('reach no job of the component: %s', async (keyword, before) => {
    const [{ jobs: plain }, { jobs }] = [await planOf('{}'), await planOf('{}', before)]
    expect(jobs.map((job) => job[keyword])).toEqual(plain.map((job) => job[keyword]))
  })
})

describe('the job sign', () => {
  const PUBLIC = 'https://fulcio.sigstore.dev'

  /** Its first line, which is before everything that uses the id token. */
  async function guard(host: string, fulcio: string): Promise<Outcome> {
    const { jobs } = await planOf('{}')
    const [line = ''] = jobs.find(({ name }) => name === 'sign')?.script ?? []
    const env = { CI_SERVER_HOST: host, CI_SERVER_URL: `https://${host}`, WHEELSEAL_FULCIO_URL: fulcio }
    return runProgram(['bash', '-ec', line], { env })
  }

  it('sends no id token of another GitLab to public Sigstore', async () => {
    const { code, stderr } = await guard('gitlab.example', PUBLIC)
    expect(code).toBe(1)
    expect(stderr).toContain('public Sigstore accepts id tokens of gitlab.com, not of https://gitlab.example')
  })

  it.each([
    ['gitlab.com', PUBLIC],
    ['gitlab.example', 'https://seal.example'],
  ])('of %s goes on with %s', async (host, fulcio) => {
    expect(await guard(host, fulcio)).toMatchObject({ code: 0, stderr: '' })
  })
})

describe('wheelseal plan with the component', () => {
  const plan = (text: string): Promise<Outcome> => {
    writeFileSync(join(folder, '.gitlab-ci.yml'), text)
    return runProgram([wheelseal, 'plan', '-C', folder])
  }

  it('takes the one of the program, says so, and refuses a wrong value with its place', async () => {
    const { code, stderr } = await plan(including('{ python-version: "2.7" }'))
    expect(code).toBe(1)
    expect(stderr).toContain(
      'the component python-package@0.1.0 of wheelseal/components is the one of this program\n',
    )
    expect(stderr).toMatch(
      /^\.gitlab-ci\.yml:3:\d+: the input python-version is "2\.7", which does not match /m,
    )
  })

  it('refuses a version that the program has not, and says which it has', async () => {
    const { code, stderr } = await plan(including('{}', '9.9.9'))
    expect(code).toBe(1)
    expect(stderr).toContain('of wheelseal/components, this program has python-package@0.1.0 only')
  })
})
