import { describe, expect, it } from 'vitest'
import { look, shortly, type Machine, type Replies } from '../arrange.ts'
import { packageCheck } from './package.ts'
import { registryCheck } from './registry.ts'
import { releaseCheck } from './release.ts'
import { sealsCheck } from './seals.ts'

const GOOD = '[project]\nname = "My.Pkg"\nversion = "1.0.0"\n'
const of = (text: string, more: Machine = {}): Machine => ({
  texts: { '/project/pyproject.toml': text },
  ...more,
})
const PIPELINE = { CI_API_V4_URL: 'https://g.example/api/v4', CI_PROJECT_ID: '7' }
const GENERIC = 'https://g.example/api/v4/projects/7/packages/generic'
const built = (...files: readonly string[]): Machine => of(GOOD, { listed: { '/project/dist': files } })

describe('the check of the package', () => {
  it('says the forms of its name', async () => {
    const [finding] = await look(packageCheck, of(GOOD))
    expect(finding?.details).toEqual(['in the address of an index: my-pkg', 'in file names: my_pkg'])
  })

  it.each<[string, Machine, readonly string[]]>([
    ['is in order', of(GOOD), ['ok package My.Pkg, version 1.0.0']],
    ['is not there', {}, ['skipped no package here: /project has no pyproject.toml']],
    [
      'has its version from the build',
      of('[project]\nname = "a"\ndynamic = ["version"]\n'),
      ['ok package a, its version from the build'],
    ],
    ['is of Poetry', of('[tool.poetry]\nname = "a"\nversion = "1"\n'), ['ok package a, version 1']],
    ['is no TOML', of('[project\n'), [expect.stringMatching(/^failed \/project\/pyproject\.toml:1:\d+: /)]],
    [
      'has no name and no version',
      of('[project]\n'),
      [
        'failed /project/pyproject.toml has no name in [project]',
        'failed /project/pyproject.toml has no version in [project]',
      ],
    ],
    [
      'has the name of the template',
      of(GOOD.replace('My.Pkg', '<my_package>')),
      ['failed /project/pyproject.toml: <my_package> is not a package name'],
    ],
    [
      'has the version of the template',
      of(GOOD.replace('1.0.0', '<1.0.0>')),
      ['failed /project/pyproject.toml: version <1.0.0> is not a version'],
    ],
    [
      'has other versions in its pipeline',
      of(GOOD, { env: { PACKAGE_VERSION: '1.0.1' } }),
      ['failed PACKAGE_VERSION is 1.0.1, and the version of pyproject.toml is 1.0.0'],
    ],
    [
      'has the same version in its pipeline',
      of(GOOD, { env: { PACKAGE_VERSION: '1.0' } }),
      ['ok package My.Pkg, version 1.0.0'],
    ],
    [
      'has no version in its pipeline',
      of(GOOD, { env: { PACKAGE_VERSION: 'v-one' } }),
      ['failed PACKAGE_VERSION v-one is not a version'],
    ],
    [
      'has hyphens in the name of its files',
      of(GOOD, { env: { NORMALIZED_NAME: 'my-pkg' } }),
      ['failed NORMALIZED_NAME is my-pkg, and files of My.Pkg begin with my_pkg'],
    ],
    [
      'has a wrong address in its pipeline',
      of(GOOD, { env: { ...PIPELINE, GENERIC_PACKAGE_BASE_URL: `${GENERIC}/\${PACKAGE_NAME}/1.0` } }),
      [expect.stringContaining(`failed GENERIC_PACKAGE_BASE_URL is ${GENERIC}/`)],
    ],
    [
      'has the right address in its pipeline',
      of(GOOD, { env: { ...PIPELINE, GENERIC_PACKAGE_BASE_URL: `${GENERIC}/my-pkg/1.0` } }),
      ['ok package My.Pkg, version 1.0.0'],
    ],
    [
      'was built',
      built('my_pkg-1.0.0.tar.gz', 'my_pkg-1.0.0.tar.gz.sig'),
      ['ok package My.Pkg, version 1.0.0'],
    ],
    [
      'lies with others',
      built('other-1.0.0.tar.gz'),
      ['warning dist/other-1.0.0.tar.gz is not a file of My.Pkg'],
    ],
    [
      'lies with what is no distribution',
      built('my_pkg.tar.gz'),
      [expect.stringContaining('failed dist/my_pkg.tar.gz: ')],
    ],
  ])('that %s', async (_what, machine, expected) => {
    expect(await shortly(packageCheck, machine)).toEqual(expected)
  })
})

const API = 'https://gitlab.example/api/v4'
const PROJECT = `${API}/projects/acme%2Ftools`
const LIST = `${PROJECT}/packages?per_page=1`
const JOB = { CI_JOB_TOKEN: 'glcbt-0123456789', CI_API_V4_URL: API }
const OWN = { WHEELSEAL_TOKEN: 'glpat-0123456789' }

function asked(env: Readonly<Record<string, string>>, replies: Replies, release?: string): Machine {
  const registry = { api: { value: API, from: '--api' }, project: { value: 'acme/tools', from: '--project' } }
  return { env, replies, io: { registry, release } }
}

const scopes = (...all: readonly string[]): Replies => ({
  [`${API}/personal_access_tokens/self`]: { body: JSON.stringify({ scopes: all, expires_at: null }) },
})
const role = (level: number): Replies => ({
  [PROJECT]: {
    body: JSON.stringify({ permissions: { project_access: { access_level: level }, group_access: null } }),
  },
})

describe('the check of the registry', () => {
  it.each<[string, Machine, readonly unknown[]]>([
    ['without a project', {}, ['skipped no project is named']],
    [
      'by a job',
      asked(JOB, { [LIST]: {} }),
      [
        'ok CI_JOB_TOKEN can read the package registry of project acme/tools',
        expect.stringContaining('Developer or more'),
      ],
    ],
    [
      'by a token that may upload',
      asked(OWN, { [LIST]: {}, ...scopes('api'), ...role(30) }),
      [expect.anything(), 'ok WHEELSEAL_TOKEN can upload: it has the scopes api, and does not expire'],
    ],
    [
      'by a token that may read',
      asked(OWN, { [LIST]: {}, ...scopes('read_api'), ...role(30) }),
      [expect.anything(), 'warning WHEELSEAL_TOKEN has the scopes read_api, and cannot upload'],
    ],
    [
      'by a reporter',
      asked(OWN, { [LIST]: {}, ...scopes('api'), ...role(20) }),
      [
        expect.anything(),
        'warning the owner of WHEELSEAL_TOKEN is not Developer in this project, and cannot upload',
      ],
    ],
    [
      'by nobody',
      asked({}, { [LIST]: {} }),
      [
        'ok a request without token can read the package registry of project acme/tools',
        'skipped no token is set: nothing can be uploaded',
      ],
    ],
    [
      'by the job of another server',
      asked(
        { ...JOB, CI_API_V4_URL: 'https://other.example/api/v4' },
        { [LIST]: { status: 401, body: 'x' } },
      ),
      ['failed the registry of project acme/tools answers 401 to a request without token: x'],
    ],
    [
      'that refuses a job',
      asked(JOB, { [LIST]: { status: 403, body: 'x' } }),
      ['failed permission denied: the registry of project acme/tools answers 403 to CI_JOB_TOKEN: x'],
    ],
    [
      'that is not there',
      asked(OWN, { [LIST]: { status: 404, body: 'x' } }),
      ['failed the registry of project acme/tools answers 404 to WHEELSEAL_TOKEN: x'],
    ],
    [
      'that is broken',
      asked(OWN, { [LIST]: { status: 500, body: 'x' } }),
      ['failed the registry of project acme/tools answers 500 to WHEELSEAL_TOKEN: x'],
    ],
  ])('asked %s', async (_what, machine, expected) => {
    const silent = { [`${API}/personal_access_tokens/self`]: { status: 404 }, [PROJECT]: { status: 404 } }
    const replies = { ...silent, ...machine.replies }
    expect(await shortly(registryCheck, { ...machine, replies })).toEqual(expected)
  })
})

describe('the check of a release', () => {
  const PAGE = `${PROJECT}/packages/pypi/simple/tools/`
  const page = (...files: readonly string[]): Replies => ({
    [PAGE]: {
      headers: { 'content-type': 'application/vnd.pypi.simple.v1+json' },
      body: JSON.stringify({
        meta: { 'api-version': '1.0' },
        name: 'tools',
        files: files.map((filename) => ({ filename, url: filename, hashes: {} })),
      }),
    },
  })
  const generic = (path: string): Replies => ({ [`${PROJECT}/packages/generic/${path}`]: {} })
  const FILE = 'tools-1.0.0.tar.gz'
  const places = (status: number): Replies =>
    Object.fromEntries(
      ['tools/1.0', 'tools/1.0.0'].flatMap((place) =>
        ['.sigstore.json', '.sig'].map((end) => [
          `${PROJECT}/packages/generic/${place}/${FILE}${end}`,
          { status },
        ]),
      ),
    )

  it.each<[string, Machine, string]>([
    ['nobody named', asked(OWN, {}), 'skipped no release is named'],
    [
      'without a registry',
      { io: { release: 'tools==1.0' } },
      'failed no registry is named in which tools==1.0 could be looked for',
    ],
    [
      'of no package',
      asked(OWN, { [PAGE]: { status: 404 } }, 'tools==1.0'),
      'failed 404: the registry has no package tools',
    ],
    [
      'that is elsewhere',
      asked(
        OWN,
        { [PAGE]: { status: 302, headers: { location: 'https://other.example/tools/' } } },
        'tools==1.0',
      ),
      'failed 404: this registry has no package tools, and sends installers to https://other.example',
    ],
    [
      'of another version',
      asked(OWN, page('tools-0.9.tar.gz'), 'tools==1.0'),
      'failed 404: the package tools has no version 1.0 in the registry',
    ],
    [
      'without signatures',
      asked(OWN, { ...page(FILE), ...places(404) }, 'tools==1.0'),
      `failed 404: ${FILE} is published without a signature`,
    ],
    [
      'with a signature',
      asked(OWN, { ...page(FILE), ...places(404), ...generic(`tools/1.0.0/${FILE}.sig`) }, 'tools==1.0'),
      'ok tools 1.0 is published with signatures',
    ],
  ])('%s', async (_what, machine, expected) => {
    expect(await shortly(releaseCheck, machine)).toEqual([expected])
  })

  it('fails for what is no release', async () => {
    await expect(look(releaseCheck, asked(OWN, {}, 'tools'))).rejects.toMatchObject({
      code: 'packaging.requirement',
    })
  })
})

describe('the check of seals', () => {
  it('is skipped without signed files, and where nothing says who must have signed', async () => {
    const listed = { '/project/dist': ['a-1.tar.gz', 'a-1.tar.gz.sig', 'a-1.tar.gz.crt'] }
    expect(await shortly(sealsCheck)).toEqual(['skipped dist/ has no signed files'])
    expect((await shortly(sealsCheck, { listed }))[0]).toContain('skipped dist/ has signed files (1)')
  })
})
