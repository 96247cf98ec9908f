import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { arrange, claim, pipelineRequest, runAll, statesOf, type Arranged } from './arrange.contract.ts'
import { readDotenv } from './dotenv.ts'
import type { JobPayload } from './index.ts'

const DAY_MS = 86_400_000

const upload = (
  type: string,
  format: string,
  content: Uint8Array | string,
): Parameters<Arranged['pipelines']['putArtifacts']>[1] => ({
  type,
  format,
  filename: `x.${format}`,
  bytes: (async function* bytes() {
    yield Buffer.from(content)
  })(),
})

function valueOf(payload: JobPayload, key: string): unknown {
  const variables = payload['variables'] as readonly { readonly key: string; readonly value: string }[]
  return variables.find((variable) => variable.key === key)?.value
}

describe('a dotenv report', () => {
  it('is read line by line, the last of equal keys counts, and refers to nothing', () => {
    expect(readDotenv(gzipSync('A=1\nB = $A \r\nA==2\n_c=\n'))).toEqual([
      { key: 'A', value: '=2', isRaw: true },
      { key: 'B', value: '$A', isRaw: true },
      { key: '_c', value: '', isRaw: true },
    ])
    expect(readDotenv(Buffer.concat([gzipSync('A=1\n'), gzipSync('B=2\n')]))).toHaveLength(2)
  })

  it.each([
    ['an empty line', 'A=1\n\nB=2\n', 'line 2 is not KEY=value'],
    ['a comment', '# A\n', 'line 1 is not'],
    ['a space in a key', 'A B=1\n', 'line 1 is not'],
    ['a hyphen in a key', 'A-B=1\n', 'line 1 is not'],
    ['no key', '=1\n', 'line 1 is not'],
    ['a control character', 'A=\u001b[31m\n', 'line 1 is not'],
    ['too much', `A=${'x'.repeat(5119)}\n`, 'longer than 5120 bytes'],
    ['too many', Array.from({ length: 151 }, (_, at) => `A${at}=1\n`).join(''), '151 variables; 150'],
    ['bytes that are not UTF-8', Buffer.from([65, 61, 0xff]), 'not UTF-8'],
  ])('is refused with %s', (_, text, why) => {
    expect(() => readDotenv(gzipSync(text))).toThrow(why)
  })

  it.each([
    ['what is not gzip', Buffer.from('A=1')],
    ['what grows a thousand times', gzipSync(Buffer.alloc(5 << 20, 'A'))],
  ])('is refused for %s', (_, bytes) => {
    expect(() => readDotenv(bytes)).toThrow('the dotenv report is not valid')
  })

  const TEXT = `a: { stage: build, script: e, artifacts: { reports: { dotenv: a.env } } }
other: { stage: build, script: e }
b: { script: e, variables: { A: yaml } }
c: { script: e, needs: [other] }
d: { script: e, needs: [{ job: a, artifacts: false }] }
e: { script: e, needs: [{ job: a }] }
f: { script: e, dependencies: [] }\n`

  it('gives variables to the jobs that take artifacts of its job: over the file, below the project', async () => {
    const arranged = await arrange()
    const project = [{ key: 'B', value: 'project' }]
    await arranged.pipelines.create(pipelineRequest(TEXT, { variables: project }))
    const a = await arranged.take()
    await arranged.pipelines.putArtifacts(
      claim(a),
      upload('dotenv', 'gzip', gzipSync('A=dotenv\nB=dotenv\n')),
    )
    await arranged.pipelines.updateJob(claim(a), { state: 'success' })
    const seen: Record<string, unknown> = {}
    for (let payload = await arranged.request(); payload !== undefined; payload = await arranged.request()) {
      const { name } = payload['job_info'] as { readonly name: string }
      seen[name] = [valueOf(payload, 'A'), valueOf(payload, 'B')]
      await arranged.pipelines.updateJob(claim(payload), { state: 'success' })
    }
    const none = [undefined, 'project']
    expect(seen).toEqual({
      other: none,
      b: ['dotenv', 'project'],
      c: none,
      d: none,
      e: ['dotenv', 'project'],
      f: none,
    })
  })

  it('that is wrong fails its job with a reason, whatever the runner says', async () => {
    const arranged = await arrange()
    await arranged.pipelines.create(pipelineRequest(TEXT))
    const a = await arranged.take()
    const sent = arranged.pipelines.putArtifacts(claim(a), upload('dotenv', 'gzip', gzipSync('wrong\n')))
    await expect(sent).rejects.toMatchObject({ code: 'pipelines.dotenv', status: 400 })
    expect((await arranged.pipelines.getJob(1)).failureReason).toBeNull()
    expect(await arranged.pipelines.updateJob(claim(a), { state: 'success' })).toBe('failed')
    expect((await arranged.pipelines.getJob(1)).failureReason).toBe('data_integrity_failure')
  })
})

describe('the artifacts of a job', () => {
  it('are the archive and the reports that it lists, each once', async () => {
    const arranged = await arrange()
    const keys =
      'reports: { junit: [j.xml], codequality: c.json, coverage_report: { coverage_format: cobertura, path: c.xml } }'
    await arranged.pipelines.create(
      pipelineRequest(`a: { script: e, artifacts: { untracked: true, ${keys} } }\n`),
    )
    const payload = await arranged.take()
    expect(payload['artifacts']).toMatchObject([
      { artifact_type: 'archive', artifact_format: 'zip', untracked: true },
      { artifact_type: 'junit', artifact_format: 'gzip', when: 'always', paths: ['j.xml'] },
      { artifact_type: 'codequality', artifact_format: 'raw', paths: ['c.json'] },
      { artifact_type: 'cobertura', artifact_format: 'gzip', paths: ['c.xml'] },
    ])
    const put = (type: string, format: string): Promise<void> =>
      arranged.pipelines.putArtifacts(claim(payload), upload(type, format, `${type}-1`))
    await put('archive', 'zip')
    await put('junit', 'gzip')
    await put('junit', 'gzip')
    await expect(put('sast', 'raw')).rejects.toMatchObject({ code: 'pipelines.artifacts-kind' })
    await expect(put('../x', 'raw')).rejects.toMatchObject({ code: 'pipelines.artifacts-kind' })
    await expect(put('archive', 'gzip')).rejects.toMatchObject({ code: 'pipelines.artifacts-kind' })
    const other = arranged.pipelines.putArtifacts(claim(payload), upload('junit', 'gzip', 'other'))
    await expect(other).rejects.toMatchObject({ code: 'pipelines.artifacts-taken' })
    expect((await arranged.pipelines.listArtifacts(1)).map(({ type }) => type)).toEqual(['archive', 'junit'])
    expect((await arranged.pipelines.openArtifact(1, 'junit')).filename).toBe('junit.gz')
  })

  const TEXT =
    'a: { script: e, artifacts: { paths: [x], expire_in: 1 day } }\nb: { stage: deploy, script: e }\n'
  const withArtifacts = async (arranged: Arranged): Promise<void> => {
    await arranged.pipelines.create(pipelineRequest(TEXT))
    const payload = await arranged.take()
    await arranged.pipelines.putArtifacts(claim(payload), upload('archive', 'zip', `zip of ${payload.id}`))
    await arranged.pipelines.updateJob(claim(payload), { state: 'success' })
    await runAll(arranged)
  }

  it('expire, but for those of the newest pipeline of the ref that succeeded', async () => {
    const arranged = await arrange()
    const { pipelines, store } = arranged
    await withArtifacts(arranged)
    arranged.advance(DAY_MS)
    await arranged.request()
    expect(await pipelines.listArtifacts(1)).toHaveLength(1)
    await withArtifacts(arranged)
    arranged.advance(3_600_000)
    expect(await pipelines.listArtifacts(1)).toEqual([])
    await expect(pipelines.openArtifact(1, 'archive')).rejects.toMatchObject({
      code: 'pipelines.artifacts-absent',
    })
    await arranged.request()
    expect(await store.jobArtifacts(1)).toEqual([])
    expect(await pipelines.listArtifacts(3)).toHaveLength(1)
  })

  it('do not expire while their pipeline has not ended, since later jobs need them', async () => {
    const arranged = await arrange()
    await arranged.pipelines.create(pipelineRequest(TEXT))
    const payload = await arranged.take()
    await arranged.pipelines.putArtifacts(claim(payload), upload('archive', 'zip', 'zip'))
    await arranged.pipelines.updateJob(claim(payload), { state: 'success' })
    arranged.advance(2 * DAY_MS)
    expect((await arranged.take())['dependencies']).toMatchObject([{ id: 1 }])
    expect(await arranged.pipelines.listArtifacts(1)).toHaveLength(1)
  })

  it('are kept for ever when somebody says so, and gone when somebody removes them', async () => {
    const arranged = await arrange()
    const { pipelines } = arranged
    await withArtifacts(arranged)
    await pipelines.keepArtifacts(1)
    await withArtifacts(arranged)
    arranged.advance(400 * DAY_MS)
    await arranged.request()
    expect(await pipelines.listArtifacts(1)).toHaveLength(1)
    await pipelines.removeArtifacts(1)
    await expect(pipelines.keepArtifacts(1)).rejects.toMatchObject({ code: 'pipelines.artifacts-absent' })
    expect(await statesOf(arranged)).toBe('a success, b success, = success')
  })

  it.each([
    ['', ['a', 'x', 'y']],
    [', needs: [x]', ['x']],
    [', needs: [{ job: x, artifacts: false }, a]', ['a']],
    [', needs: []', []],
    [', dependencies: [a]', ['a']],
    [', dependencies: []', []],
    [', needs: [a, x], dependencies: [x]', ['x']],
  ])('are handed to a job that says "%s": those of %j', async (keys, wanted) => {
    const arranged = await arrange()
    const one = (name: string, stage: string): string =>
      `${name}: { stage: ${stage}, script: e, artifacts: { paths: [x] }, needs: [] }\n`
    const text = `${one('a', 'build')}${one('x', 'test')}${one('y', 'test')}last: { stage: deploy, script: e${keys} }\n`
    await arranged.pipelines.create(pipelineRequest(text))
    let last: JobPayload | undefined
    for (let payload = await arranged.request(); payload !== undefined; payload = await arranged.request()) {
      const { name } = payload['job_info'] as { readonly name: string }
      if (name === 'last') last = payload
      else await arranged.pipelines.putArtifacts(claim(payload), upload('archive', 'zip', name))
      await arranged.pipelines.updateJob(claim(payload), { state: 'success' })
    }
    const dependencies = last?.['dependencies'] as readonly { readonly name: string }[] | undefined
    const names = dependencies?.map(({ name }) => name)
    // Where it needs nothing it begins first, before anybody has uploaded.
    expect(names).toEqual(wanted)
  })

  it('of a retried job are those of its newest try', async () => {
    const arranged = await arrange()
    await arranged.pipelines.create(
      pipelineRequest(
        'a: { stage: build, script: e, retry: 1, artifacts: { paths: [x], when: always } }\nb: { script: e }\n',
      ),
    )
    for (const state of ['failed', 'success']) {
      const payload = await arranged.take()
      await arranged.pipelines.putArtifacts(claim(payload), upload('archive', 'zip', state))
      await arranged.pipelines.updateJob(claim(payload), { state })
    }
    expect((await arranged.take())['dependencies']).toMatchObject([{ id: 3, name: 'a' }])
  })
})

describe('what a payload has besides', () => {
  it('hooks, services, and a cache policy that is a variable', async () => {
    const arranged = await arrange()
    const text = `a:
  script: e
  hooks: { pre_get_sources_script: [one, two] }
  services: [postgres]
  variables: { POLICY: pull, BAD: x }
  cache: [{ paths: [a], untracked: true, policy: $POLICY }, { paths: [b], policy: $BAD }]
`
    await arranged.pipelines.create(pipelineRequest(text))
    expect(await arranged.take()).toMatchObject({
      hooks: [{ name: 'pre_get_sources_script', script: ['one', 'two'] }],
      services: [{ name: 'postgres' }],
      cache: [{ policy: 'pull', untracked: true }, { policy: 'pull-push' }],
    })
  })

  it('the environment, for variables and id tokens', async () => {
    const arranged = await arrange()
    const text = `a:
  script: e
  id_tokens: { T: { aud: x } }
  environment: { name: review/$CI_COMMIT_REF_SLUG, url: "https://$CI_ENVIRONMENT_SLUG.example.com", action: verify }
`
    const scoped = [
      { key: 'S', value: 's', environmentScope: 'review/*' },
      { key: 'P', value: 'p', environmentScope: 'production' },
    ]
    await arranged.pipelines.create(pipelineRequest(text, { variables: scoped }))
    const payload = await arranged.take()
    const keys = ['NAME', 'TIER', 'ACTION', 'URL'].map((key) => valueOf(payload, `CI_ENVIRONMENT_${key}`))
    expect(keys).toEqual([
      'review/main',
      'development',
      'verify',
      expect.stringMatching(/^https:\/\/review-main-[a-z0-9]{6}\.example\.com$/),
    ])
    expect(arranged.minted[0]?.subject).toMatchObject({
      environment: 'review/main',
      deploymentTier: 'development',
      environmentAction: 'verify',
    })
    expect([valueOf(payload, 'S'), valueOf(payload, 'P')]).toEqual(['s', undefined])
  })

  it('protected variables on protected refs only', async () => {
    const arranged = await arrange()
    const request = pipelineRequest('a: { script: e }\n', {
      variables: [{ key: 'P', value: 'p', isProtected: true }],
    })
    await arranged.pipelines.create(request)
    await arranged.pipelines.create({ ...request, commit: { ...request.commit, ref: 'other' } })
    const seen = [valueOf(await arranged.take(), 'P'), valueOf(await arranged.take(), 'P')]
    expect(seen).toEqual(['p', undefined])
  })
})
