import { describe, expect, it } from 'vitest'
import { fetchPlanOf, type FetchFlags, type FetchUsage } from './fetch-flags.ts'

const API = 'http://127.0.0.1:8080/api/v4'
const named = { certificateIdentity: 'a@b.example', certificateOidcIssuer: 'https://issuer.example' }
const policy = [{ policy: { value: '/p/policy.toml', from: 'wheelseal.toml' } }]

function planOf(
  flags: FetchFlags,
  { env = {}, settings = [] }: Partial<Parameters<typeof fetchPlanOf>[2]> = {},
): Promise<FetchUsage> {
  return fetchPlanOf(['demo==1.0'], { out: 'dist', ...flags }, { ...input, env, settings })
}

const expectationOf = async (...args: Parameters<typeof planOf>): Promise<unknown> =>
  (await planOf(...args)).plan.verify.expectation

const input = {
  files: { read: () => Promise.reject(new Error('nothing is read')) },
  standardInput: async function* empty(): AsyncGenerator<Uint8Array> {
    // Nothing is piped.
  },
}

describe('the plan of a fetch', () => {
  it('expects the pipeline of the project whose registry it asks, of that GitLab, where nothing else is said', async () => {
    const san = 'https://127.0.0.1:8080/acme/tools//.gitlab-ci.yml@refs/heads/main'
    const expected = { kind: 'policy', policy: { anyOf: [{ issuer: { value: 'http://127.0.0.1:8080' } }] } }
    const found = await expectationOf({ api: API, project: 'acme/tools' })
    expect(found).toMatchObject(expected)
    expect(JSON.stringify(found)).toContain(san)
  })

  it.each([
    ['https://gitlab.example/simple', 'given'],
    ['http://127.0.0.1:8080/simple', 'given'],
    ['http://gitlab.example/simple', 'given, and sent without TLS'],
  ])('says of the token for %s that it is %s', async (indexUrl, value) => {
    const { origins } = await planOf({ indexUrl, ...named }, { env: { WHEELSEAL_TOKEN: 'secret' } })
    expect(origins.find(({ name }) => name === 'token')).toMatchObject({ value, from: 'WHEELSEAL_TOKEN' })
  })

  it('expects who is named, whosever registry it asks', async () => {
    const at = { api: API, project: 'acme/tools' }
    expect(await expectationOf({ ...at, ...named })).toMatchObject({
      policy: { anyOf: [{ san: { value: 'a@b.example' } }] },
    })
    expect(await expectationOf({ ...at, policy: 'p.toml' })).toEqual({ kind: 'policy-file', path: 'p.toml' })
    expect(await expectationOf({ ...at, key: 'k.pem' })).toEqual({ kind: 'key', path: 'k.pem' })
    expect(await expectationOf(at, { settings: policy })).toEqual({
      kind: 'policy-file',
      path: '/p/policy.toml',
    })
  })

  it('expects the project of another GitLab, or of another ref, by the flags of verify', async () => {
    const at = { api: API, project: 'acme/tools' }
    const other = await expectationOf(
      { ...at, certificateOidcIssuer: 'https://gitlab.example' },
      { settings: policy },
    )
    expect(other).toMatchObject({ policy: { anyOf: [{ issuer: { value: 'https://gitlab.example' } }] } })
    expect(
      JSON.stringify(await expectationOf({ ...at, ref: 'refs/tags/v1' }, { settings: policy })),
    ).toContain('@refs/tags/v1')
  })

  it('takes no id for a name: who signs is then to be said', async () => {
    await expect(planOf({ api: API, project: '7' })).rejects.toMatchObject({
      code: 'client.verify-expectation',
    })
    expect((await planOf({ api: API, project: '7', ...named })).plan.place.indexUrl).toBe(
      `${API}/projects/7/packages/pypi/simple`,
    )
  })

  it('has the project of verify where the index is named by its URL', async () => {
    const flags = {
      indexUrl: 'https://i.example/simple',
      project: 'acme/tools',
      certificateOidcIssuer: 'https://g.example',
    }
    const { plan } = await planOf(flags)
    expect(plan.place).toEqual({ indexUrl: 'https://i.example/simple' })
    expect(JSON.stringify(plan.verify.expectation)).toContain('https://g.example/acme/tools//')
  })

  it('is of the GitLab and the project of the job that runs, with its token', async () => {
    const env = { CI_API_V4_URL: API, CI_PROJECT_PATH: 'acme/tools', CI_JOB_TOKEN: 'glcbt-1' }
    const { plan, origins } = await planOf({}, { env })
    expect(plan.place.indexUrl).toBe(`${API}/projects/acme%2Ftools/packages/pypi/simple`)
    expect(origins).toContainEqual({ name: 'token', value: 'given', from: 'CI_JOB_TOKEN' })
    expect((await planOf({ project: 'acme/other' }, { env })).plan.place.indexUrl).toContain('acme%2Fother')
    await expect(planOf(named)).rejects.toMatchObject({ code: 'packaging.index' })
  })

  it('has each requirement once, and refuses what is none', async () => {
    const at = { out: '.', api: API, project: 'acme/tools' }
    const { plan } = await fetchPlanOf(['demo==1.0', 'Demo==1.0.0', 'b==2'], at, {
      ...input,
      env: {},
      settings: [],
    })
    expect(plan.requirements.map(({ text }) => text)).toEqual(['Demo==1.0.0', 'b==2'])
    await expect(fetchPlanOf(['demo'], at, { ...input, env: {}, settings: [] })).rejects.toMatchObject({
      code: 'packaging.requirement',
    })
  })
})
