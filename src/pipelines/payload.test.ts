import { describe, expect, it } from 'vitest'
import { addFirstAgain, arrange, claim, finish, pipelineRequest } from './arrange.contract.ts'
import type { JobPayload } from './index.ts'
import type { PayloadVariable } from './payload.ts'

function variables(payload: JobPayload): Map<string, PayloadVariable> {
  return new Map((payload['variables'] as PayloadVariable[]).map((one) => [one.key, one]))
}

describe('a payload', () => {
  it('has before_script and script as one step, and after_script as another', async () => {
    const arranged = await arrange()
    await arranged.pipelines.create(pipelineRequest())
    const payload = await arranged.take()
    expect(payload['steps']).toEqual([
      {
        name: 'script',
        script: ['prepare', 'make'],
        before_script_count: 1,
        timeout: 3600,
        when: 'on_success',
        allow_failure: false,
      },
      { name: 'after_script', script: ['clean'], timeout: 300, when: 'always', allow_failure: true },
    ])
    expect(payload['image']).toMatchObject({ name: 'python:3.12' })
    expect(payload['cache']).toMatchObject([
      { key: 'default-protected', paths: ['${CACHE}'], policy: 'pull-push' },
    ])
    expect(payload['artifacts']).toMatchObject([
      { paths: ['dist/'], artifact_type: 'archive', artifact_format: 'zip' },
    ])
    expect(payload['git_info']).toMatchObject({
      repo_url: `http://gitlab-ci-token:${payload.token}@127.0.0.1:7711/my-group/my-project.git`,
      refspecs: ['+refs/pipelines/1:refs/pipelines/1', '+refs/heads/main:refs/remotes/origin/main'],
      protected: true,
    })
  })

  it('has the variables of a server with a port of its own', async () => {
    const arranged = await arrange()
    await arranged.pipelines.create(pipelineRequest())
    const known = variables(await arranged.take())
    const wanted = {
      CI: 'true',
      GITLAB_CI: 'true',
      CI_SERVER_URL: 'http://127.0.0.1:7711',
      CI_SERVER_HOST: '127.0.0.1',
      CI_SERVER_PORT: '7711',
      CI_SERVER_FQDN: '127.0.0.1:7711',
      CI_SERVER_PROTOCOL: 'http',
      CI_API_V4_URL: 'http://127.0.0.1:7711/api/v4',
      CI_PROJECT_ID: '20',
      CI_PROJECT_NAME: 'my-project',
      CI_PROJECT_TITLE: 'My Project',
      CI_PROJECT_PATH: 'my-group/my-project',
      CI_PROJECT_PATH_SLUG: 'my-group-my-project',
      CI_PROJECT_URL: 'http://127.0.0.1:7711/my-group/my-project',
      CI_DEFAULT_BRANCH: 'main',
      CI_COMMIT_BRANCH: 'main',
      CI_COMMIT_SHORT_SHA: '714a714a',
      CI_COMMIT_REF_PROTECTED: 'true',
      CI_COMMIT_TITLE: 'pay $5 to %HOME%',
      CI_PIPELINE_SOURCE: 'push',
      CI_PIPELINE_CREATED_AT: '2026-01-02T03:04:05Z',
      CI_JOB_ID: '1',
      CI_JOB_NAME: 'build',
      CI_JOB_URL: 'http://127.0.0.1:7711/my-group/my-project/-/jobs/1',
      CI_RUNNER_VERSION: '19.4.0',
      GITLAB_USER_LOGIN: 'ada',
      BASE: 'http://127.0.0.1:7711/api/v4/x',
      CACHE: '$CI_PROJECT_DIR/.cache',
    }
    expect(Object.fromEntries(Object.keys(wanted).map((key) => [key, known.get(key)?.value]))).toEqual(wanted)
    expect(known.has('CI_COMMIT_TAG')).toBe(false)
    expect(known.get('CI_COMMIT_TITLE')?.raw).toBe(true)
  })

  it('tells a job the tags of its runner, as a JSON array', async () => {
    const arranged = await arrange()
    await arranged.pipelines.create(pipelineRequest())
    expect(variables(await arranged.take()).get('CI_RUNNER_TAGS')?.value).toBe('[]')
  })

  it.each([
    ['https://gitlab.example.com', 'gitlab.example.com', '443'],
    ['https://gitlab.example.com:8443', 'gitlab.example.com:8443', '8443'],
    ['http://host/gitlab', 'host', '80'],
  ])('takes CI_SERVER_FQDN of %s without a default port', async (externalUrl, fqdn, port) => {
    const arranged = await arrange({ externalUrl })
    await arranged.pipelines.create(pipelineRequest())
    const known = variables(await arranged.take())
    expect(known.get('CI_SERVER_FQDN')?.value).toBe(fqdn)
    expect(known.get('CI_SERVER_PORT')?.value).toBe(port)
    expect(known.get('CI_API_V4_URL')?.value).toBe(`${externalUrl}/api/v4`)
  })

  it('mints id tokens when the job starts, masked, for the audiences that the file names', async () => {
    const arranged = await arrange()
    await arranged.pipelines.create(pipelineRequest())
    await finish(arranged, 'success')
    expect(arranged.minted).toEqual([])
    const known = variables(await arranged.take())
    expect(known.get('SIGSTORE_ID_TOKEN')).toMatchObject({
      value: 'eyJ.token-1.sig',
      public: false,
      masked: true,
    })
    expect(arranged.minted.map(({ audience }) => audience)).toEqual([
      'sigstore',
      ['http://127.0.0.1:7711/api/v4/x', 'b'],
    ])
    expect(arranged.minted[0]).toMatchObject({
      lifetimeSeconds: 3600,
      subject: {
        project: { id: 20, path: 'my-group/my-project', namespaceId: 72, visibility: 'private' },
        user: { id: 1, login: 'ada', accessLevel: 'maintainer' },
        pipeline: { id: 1, source: 'push' },
        job: { id: 2 },
        ref: { name: 'main', type: 'branch', isProtected: true },
        configPath: '.gitlab-ci.yml',
        runner: { id: 1, environment: 'self-hosted' },
      },
    })
  })

  it('lets project variables beat YAML, and marks what is masked, raw or a file', async () => {
    const arranged = await arrange()
    const more = {
      variables: [
        { key: 'BASE', value: 'https://mine', isMasked: true },
        { key: 'ROOT', value: 'pem', isFile: true },
        { key: 'RAW', value: '$BASE', isRaw: true },
      ],
    }
    await arranged.pipelines.create(pipelineRequest(undefined, more))
    const known = variables(await arranged.take())
    expect(known.get('BASE')).toEqual({
      key: 'BASE',
      value: 'https://mine',
      public: false,
      masked: true,
      raw: false,
      file: false,
    })
    expect(known.get('ROOT')).toMatchObject({ value: 'pem', file: true })
    expect(known.get('RAW')).toMatchObject({ value: '$BASE', raw: true })
    expect(known.get('CI_JOB_TOKEN')).toMatchObject({ public: false, masked: true })
  })

  it('names the artifacts of all earlier jobs that succeeded, with the token of this job', async () => {
    const arranged = await arrange()
    await arranged.pipelines.create(pipelineRequest())
    const build = await arranged.take()
    const upload = { type: 'archive', format: 'zip', filename: 'artifacts.zip', bytes: chunks('PK..') }
    await arranged.pipelines.putArtifacts(claim(build), upload)
    await arranged.pipelines.updateJob(claim(build), { state: 'success' })
    await finish(arranged, 'success')
    const publish = await arranged.take()
    expect(publish['dependencies']).toEqual([
      { id: 1, name: 'build', token: publish.token, artifacts_file: { filename: 'artifacts.zip', size: 4 } },
    ])
    const { blob } = await arranged.pipelines.openArtifacts({ jobId: 1, token: publish.token })
    expect(blob.size).toBe(4)
  })

  it('names artifacts in the order of the stages, also of a job that was added later', async () => {
    const arranged = await arrange()
    const { id } = await arranged.pipelines.create(pipelineRequest())
    for (const name of ['build', 'sign', 'build']) {
      const job = await arranged.take()
      expect(job['job_info']).toMatchObject({ name })
      if (job.id === 2) await addFirstAgain(arranged, id)
      const upload = { type: 'archive', format: 'zip', filename: 'artifacts.zip', bytes: chunks('PK..') }
      await arranged.pipelines.putArtifacts(claim(job), upload)
      await arranged.pipelines.updateJob(claim(job), { state: 'success' })
    }
    const { dependencies } = (await arranged.take()) as unknown as { dependencies: { id: number }[] }
    expect(dependencies.map((one) => one.id)).toEqual([1, 4, 2])
  })

  it('hands on the artifacts of a job however it ended, as GitLab does', async () => {
    const arranged = await arrange()
    const text = `
a: { script: e, allow_failure: true, artifacts: { paths: [dist/], when: always } }
b: { stage: deploy, script: e }
`
    await arranged.pipelines.create(pipelineRequest(text))
    const failing = await arranged.take()
    const upload = { type: 'archive', format: 'zip', filename: 'artifacts.zip', bytes: chunks('PK..') }
    await arranged.pipelines.putArtifacts(claim(failing), upload)
    await arranged.pipelines.updateJob(claim(failing), { state: 'failed', failureReason: 'script_failure' })
    expect((await arranged.take())['dependencies']).toMatchObject([{ id: failing.id }])
  })

  it.each([
    ['the 20 of a new GitLab project', undefined, 20],
    ['GIT_DEPTH', '5', 5],
    ['0 for GIT_DEPTH: 0', '0', 0],
    ['0 for what is no number', 'all', 0],
    ['0 for less', '-1', 0],
  ])('has a depth: %s', async (_, value, depth) => {
    const arranged = await arrange()
    const given = value === undefined ? '' : `variables: { GIT_DEPTH: "${value}" }`
    await arranged.pipelines.create(pipelineRequest(`${given}\na: { script: e }`))
    const branches = depth === 0 ? ['+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*'] : []
    const named = depth === 0 ? branches : ['+refs/heads/main:refs/remotes/origin/main']
    expect((await arranged.take())['git_info']).toMatchObject({
      depth,
      refspecs: ['+refs/pipelines/1:refs/pipelines/1', ...named],
    })
  })

  it('names the time of the commit for builds that shall give the same bytes, unless the file does', async () => {
    const arranged = await arrange()
    const { commit } = pipelineRequest()
    const timed = { commit: { ...commit, timestamp: '2026-01-02T03:04:05+02:00' } }
    await arranged.pipelines.create(pipelineRequest('a: { script: e }', timed))
    expect(variables(await arranged.take()).get('SOURCE_DATE_EPOCH')?.value).toBe('1767315845')
    const own = 'a: { script: e, variables: { SOURCE_DATE_EPOCH: "7" } }'
    await arranged.pipelines.create(pipelineRequest(own, timed))
    expect(variables(await arranged.take()).get('SOURCE_DATE_EPOCH')?.value).toBe('7')
  })

  it('names fallback keys of caches as it names the key', async () => {
    const arranged = await arrange()
    const cache = 'cache: { key: "$CI_COMMIT_REF_SLUG", fallback_keys: ["old-$CI_JOB_NAME"], paths: [x] }'
    await arranged.pipelines.create(pipelineRequest(`a: { script: e, ${cache} }`))
    expect((await arranged.take())['cache']).toMatchObject([
      { key: 'main-protected', fallback_keys: ['old-a-protected'] },
    ])
  })

  it('is nowhere in the database: neither job token nor id token', async () => {
    const arranged = await arrange()
    await arranged.pipelines.create(pipelineRequest())
    await finish(arranged, 'success')
    const payload = await arranged.take()
    const stored = JSON.stringify(await arranged.store.findPipeline(1))
    expect(stored).not.toContain(payload.token)
    expect(stored).not.toContain('eyJ')
  })
})

async function* chunks(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}
