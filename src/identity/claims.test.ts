import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WheelsealError, type JsonValue } from '../base/index.ts'
import { ISSUER, makeClaims, NOW } from './arrange.ts'
import { parseGitLabClaims } from './index.ts'

const refused = expect.objectContaining({ code: 'identity.claims' })
const jsonOf = (claims: object): Record<string, JsonValue> =>
  JSON.parse(JSON.stringify(claims)) as Record<string, JsonValue>
const good = jsonOf(makeClaims())
const parseWith = (changes: Record<string, JsonValue>) => parseGitLabClaims({ ...good, ...changes })

describe('gitLabClaims', () => {
  it('are byte for byte what GitLab writes', () => {
    expect(JSON.stringify(makeClaims())).toBe(
      '{"namespace_id":"3","namespace_path":"group","project_id":"7","project_path":"group/project",' +
        '"job_namespace_id":"3","job_namespace_path":"group","job_project_id":"7","job_project_path":"group/project",' +
        '"user_id":"2","user_login":"ada","user_email":"ada@example.test","user_access_level":"maintainer",' +
        '"pipeline_id":"9","pipeline_source":"push","job_id":"11","ref":"main","ref_type":"branch",' +
        '"ref_path":"refs/heads/main","ref_protected":"true","runner_id":1,"runner_environment":"self-hosted",' +
        `"sha":"${'ab'.repeat(20)}","project_visibility":"private",` +
        '"ci_config_ref_uri":"gitlab.example/group/project//.gitlab-ci.yml@refs/heads/main",' +
        `"ci_config_sha":"${'ab'.repeat(20)}","jti":"5c2a3f0e-7f38-4a60-8d5c-1d4f1f4f2a11",` +
        `"iss":"${ISSUER}","iat":${NOW},"nbf":${NOW - 5},"exp":${NOW + 3600},` +
        '"sub":"project_path:group/project:ref_type:branch:ref:main","aud":"sigstore"}',
    )
  })

  it('name the tag, the environment and the source of a job', () => {
    const claims = makeClaims({
      ref: { name: 'v1.0', type: 'tag', isProtected: false },
      environment: 'production',
      jobSource: 'wheelseal_token',
    })
    expect(claims).toMatchObject({
      ref_path: 'refs/tags/v1.0',
      ref_protected: 'false',
      ci_config_ref_uri: 'gitlab.example/group/project//.gitlab-ci.yml@refs/tags/v1.0',
      sub: 'project_path:group/project:ref_type:tag:ref:v1.0',
      environment: 'production',
      environment_protected: 'false',
      job_source: 'wheelseal_token',
    })
  })

  it('have the port of an issuer in the reference of the configuration', () => {
    expect(makeClaims({}, 'http://127.0.0.1:7711').ci_config_ref_uri).toBe(
      '127.0.0.1:7711/group/project//.gitlab-ci.yml@refs/heads/main',
    )
  })
})

describe('parseGitLabClaims', () => {
  it('reads what gitLabClaims writes', () => {
    expect(parseGitLabClaims(good)).toEqual(good)
    const more = jsonOf(makeClaims({ environment: 'production', jobSource: 'push' }))
    expect(parseGitLabClaims(more)).toEqual(more)
  })

  it('passes over what it does not know', () => {
    expect(parseWith({ groups_direct: ['a'], user_identities: [], email: 'x' })).toEqual(good)
  })

  it.each([
    'namespace_id',
    'namespace_path',
    'project_id',
    'project_path',
    'pipeline_source',
    'job_id',
    'ref',
    'ref_type',
    'runner_environment',
    'sha',
    'project_visibility',
    'ci_config_ref_uri',
    'ci_config_sha',
    'jti',
    'iss',
    'iat',
    'nbf',
    'exp',
    'sub',
    'aud',
  ])('refuses a token without %s, or with null or another type in its place', (name) => {
    const { [name]: _left, ...rest } = good
    expect(() => parseGitLabClaims(rest)).toThrow(`the claim ${name} is missing`)
    expect(() => parseWith({ [name]: null })).toThrow(`the claim ${name} is missing`)
    for (const wrong of [true, {}, [], [1], '', 'a\u0000b', -1, 1.5]) {
      expect(() => parseWith({ [name]: wrong })).toThrow(refused)
    }
  })

  it.each([
    ['project_id', 7],
    ['project_id', '07'],
    ['project_id', '-7'],
    ['job_id', '1e3'],
    ['project_path', 'group/pro ject'],
    ['project_path', 'group/../other'],
    ['project_path', '/group/project'],
    ['project_path', 'group/project?x'],
    ['project_path', 'group/project#x'],
    ['project_path', 'group/%2e%2e'],
    ['namespace_path', 'gröup'],
    ['ref', 'main\nissuer'],
    ['ref', 'ma\u202ein'],
    ['ref', 'x'.repeat(1025)],
    ['ref_type', 'commit'],
    ['sub', 'project\u200bpath'],
    ['sub', '\ud800'],
    ['sha', 'AB'.repeat(20)],
    ['sha', 'ab'.repeat(19)],
    ['project_visibility', 'secret'],
    ['runner_environment', 'elsewhere'],
    ['pipeline_source', 'Push it'],
    ['ci_config_ref_uri', 'gitlab.example/group/project//.gitlab-ci.yml@refs/heads/ma in'],
    ['ci_config_ref_uri', 'gitlab.example/group/project//.gitlab-ci.yml@refs/heads/größe'],
    ['ci_config_ref_uri', 'gitlab.example/group/project//.gitlab-ci.yml@refs/heads/a%2fb'],
    ['ci_config_ref_uri', 'gitlab.example/group/project//.gitlab-ci.yml@refs/heads/a#b'],
    ['ci_config_ref_uri', 'gitlab.example/group/project//.gitlab-ci.yml@refs/heads/a\n'],
    ['ci_config_ref_uri', 'gitlab.example/group/project//.gitlab-ci.yml@refs/heads/'],
    ['ci_config_ref_uri', 'gitlab.example/group/project//.gitlab-ci.yml@main'],
    ['ci_config_ref_uri', 'gitlab.example/group/project/.gitlab-ci.yml@refs/heads/main'],
    ['ci_config_ref_uri', 'gitlab.example/group/project//../x.yml@refs/heads/main'],
    ['ci_config_ref_uri', 'https://gitlab.example/group/project//.gitlab-ci.yml@refs/heads/main'],
    ['ci_config_ref_uri', 'user@gitlab.example/group/project//.gitlab-ci.yml@refs/heads/main'],
    ['ci_config_ref_uri', 'GITLAB.example/group/project//.gitlab-ci.yml@refs/heads/main'],
    ['iss', 'https://gitlab.example/'],
    ['iss', 'https://GitLab.example'],
    ['iss', 'https://gitlab.example:443'],
    ['iss', 'https://gitlab.example?x=1'],
    ['iss', 'https://user@gitlab.example'],
    ['iss', 'ftp://gitlab.example'],
    ['iss', 'gitlab.example'],
    ['iss', 'https://gitlab.example/a/../b'],
    ['aud', ['sigstore', 1]],
    ['aud', Array.from({ length: 17 }, () => 'sigstore')],
    ['exp', '1900000000'],
    ['exp', 2 ** 53],
    ['user_id', 2],
    ['runner_id', '1'],
    ['ref_protected', true],
    ['user_access_level', 50],
    ['environment', 'a\nb'],
  ] satisfies readonly (readonly [string, JsonValue])[])('refuses %s as %j', (name, value) => {
    expect(() => parseWith({ [name]: value })).toThrow(refused)
  })

  it.each([
    ['aud', ['https://other.example', 'sigstore']],
    ['iss', 'http://[::1]:7711'],
    ['iss', 'https://example.test/gitlab'],
    ['sha', 'ab'.repeat(32)],
    ['ref', 'größe/ein zwei'],
    ['project_path', "group/sub.group/pro_ject-1~!$&'()*+,;=:@x"],
    ['ci_config_ref_uri', '[::1]:7711/group/sub/project//ci/a@b.yml@refs/merge-requests/1/head'],
    ['environment', ''],
  ] satisfies readonly (readonly [string, JsonValue])[])('accepts %s as %j', (name, value) => {
    expect(parseWith({ [name]: value })).toHaveProperty([name], value)
  })

  it.each(['environment', 'user_access_level', 'user_email', 'runner_id', 'job_source'])(
    'takes a %s that is null for one that is absent',
    (name) => {
      const { [name]: _absent, ...rest } = parseWith({}) as unknown as Record<string, JsonValue>
      expect(parseWith({ [name]: null })).toEqual(rest)
    },
  )

  it.each([[null], [[]], ['x'], [1], [[good]]])('refuses the payload %j', (payload) => {
    expect(() => parseGitLabClaims(payload)).toThrow(refused)
  })

  it('never fails with anything but its own error', () => {
    const name = fc.constantFrom(...Object.keys(good))
    fc.assert(
      fc.property(name, fc.jsonValue(), (one, value) => {
        try {
          parseWith({ [one]: value as JsonValue })
        } catch (error) {
          expect(error).toBeInstanceOf(WheelsealError)
        }
      }),
    )
  })
})
