import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openPromise } from 'yauzl'
import type { FakeServer } from './api/runner-api.contract.ts'
import { step, variable } from './arrange.contract.ts'
import { startJobBench, type JobBench } from './job-bench.contract.ts'

/** What of a job's files is kept when it has ended. */
describe('a job', () => {
  let bench: JobBench
  let server: FakeServer
  let top: string
  beforeAll(async () => {
    bench = await startJobBench()
    ;({ server, top } = bench)
  })
  beforeEach(() => server.reset())
  afterAll(() => bench.close())

  const run: JobBench['run'] = (changes, more) => bench.run(changes, more)
  const archive = (more: object) => ({ artifact_type: 'archive', artifact_format: 'zip', ...more })

  describe('sends', () => {
    it('what is not tracked, but for what is excluded', async () => {
      const artifacts = [archive({ paths: [], untracked: true, exclude: ['**/*.tmp'] })]
      const script = ['mkdir -p a/b', 'touch a/b/new a/b/new.tmp top', 'git config core.fsmonitor false']
      expect(await run({ artifacts, steps: [step('script', script)] })).toMatchObject({ state: 'success' })
      expect(await names(server.uploads[0]?.bytes)).toEqual(['a/b/new', 'top'])
      expect(server.log()).toContain('untracked: found 2 matching files')
      expect(server.log()).toContain('**/*.tmp: excluded 1 files')
    })

    it('each report as one gzip stream, by its type', async () => {
      const report = (type: string, name: string) => ({
        artifact_type: type,
        artifact_format: 'gzip',
        name,
        paths: type === 'dotenv' ? ['build.env'] : ['r/*.xml'],
        when: 'always',
        expire_in: '1 week',
      })
      const artifacts = [report('dotenv', '.env'), report('junit', 'junit.xml')]
      const script = ['mkdir r; echo A=1 > build.env; echo one > r/1.xml; echo two > r/2.xml; exit 1']
      expect(await run({ artifacts, steps: [step('script', script)] })).toMatchObject({ exitCode: 1 })
      const sent = server.uploads.map(({ query, name, bytes }) => [query, name, gunzipSync(bytes).toString()])
      const week = '&expire_in=1+week'
      expect(sent).toEqual([
        [`artifact_format=gzip&artifact_type=dotenv${week}`, '.env.gz', 'A=1\n'],
        [`artifact_format=gzip&artifact_type=junit${week}`, 'junit.xml.gz', 'one\ntwo\n'],
      ])
      expect(Buffer.from(server.uploads[1]?.bytes ?? []).toString('latin1')).toContain('1.xml\0')
    })

    it('an archive by the last part of its expanded name', async () => {
      const variables = [variable('CI_COMMIT_REF_NAME', 'feature/x')]
      const artifacts = [archive({ paths: ['hello.txt'], name: 'of-$CI_COMMIT_REF_NAME' })]
      await run({ variables, artifacts })
      expect(server.uploads[0]?.name).toBe('x.zip')
    })

    it('nothing where nothing matches, and says so', async () => {
      const artifacts = [archive({ paths: ['dist/*.whl'] })]
      expect(await run({ artifacts })).toMatchObject({ state: 'success' })
      expect(server.log()).toContain('WARNING: dist/*.whl: no matching files. Ensure that the artifact path')
      expect(server.log()).toContain('ERROR: No files to upload')
    })
  })

  describe('keeps caches', () => {
    const cached = (
      key: string,
      script: string,
      ...[cache = {}, variables = []]: [cache?: object, variables?: object[]]
    ) => ({
      cache: [{ key, paths: ['kept'], ...cache }],
      variables,
      steps: [step('script', [script])],
    })

    it('by the policy that a variable names', async () => {
      const policy = { policy: '$CACHE_POLICY' }
      await run(cached('p', 'echo one > kept', policy, [variable('CACHE_POLICY', 'push')]))
      const pull = [variable('CACHE_POLICY', 'pull')]
      expect(await run(cached('p', 'grep one kept; echo two > kept', policy, pull))).toMatchObject({
        state: 'success',
      })
      expect(server.log()).toContain('Not uploading cache p due to policy')
      expect(await run(cached('p', 'grep one kept'))).toMatchObject({ state: 'success' })
    })

    it('of what is not tracked', async () => {
      await run(cached('u', 'echo made > made', { paths: [], untracked: true }))
      expect(await run(cached('u', 'grep made made', { paths: [], untracked: true }))).toMatchObject({
        state: 'success',
      })
    })

    it('of protected refs from nobody who only names them in CACHE_FALLBACK_KEY', async () => {
      await run(cached('main-protected', 'echo ours > kept'))
      const fallback = [variable('CACHE_FALLBACK_KEY', 'main-protected')]
      expect(await run(cached('x', 'test ! -e kept', {}, fallback))).toMatchObject({ state: 'success' })
      expect(server.log()).toContain("may not end in '-protected'")
    })

    it('within a bound, of which the one used longest ago goes first', async () => {
      const noise = 'head -c 40000 /dev/urandom > kept'
      const more = { cacheFolder: join(top, 'small'), cacheLimitBytes: 100_000 }
      for (const key of ['first', 'second']) await run(cached(key, noise), more)
      await run(cached('first', 'test -e kept', { policy: 'pull' }), more)
      await run(cached('third', noise), more)
      expect(await run(cached('second', 'test ! -e kept', { policy: 'pull' }), more)).toMatchObject({
        state: 'success',
      })
      expect(await run(cached('first', 'test -e kept', { policy: 'pull' }), more)).toMatchObject({
        state: 'success',
      })
      await run(cached('huge', 'head -c 200000 /dev/urandom > kept'), more)
      expect(server.log()).toContain('the cache is not kept')
    })

    it('that are damaged as if there were none', async () => {
      const folder = join(top, 'damaged')
      await run(cached('d', 'echo x > kept'), { cacheFolder: folder })
      const [archivePath = ''] = readdirSync(join(folder, 'project-20'))
      writeFileSync(join(folder, 'project-20', archivePath), 'no archive')
      const again = cached('d', 'test ! -e kept', { policy: 'pull' }, [
        variable('RESTORE_CACHE_ATTEMPTS', '2'),
      ])
      expect(await run(again, { cacheFolder: folder })).toMatchObject({ state: 'success' })
      expect(server.log().match(/Failed to extract cache/g)).toHaveLength(2)
    })
  })
})

async function names(bytes: Uint8Array | undefined): Promise<readonly string[]> {
  const file = join(mkdtempSync(join(tmpdir(), 'ws-names-')), 'a.zip')
  writeFileSync(file, bytes ?? '')
  const zip = await openPromise(file)
  const found: string[] = []
  for await (const entry of zip.eachEntry()) found.push(entry.fileName)
  rmSync(join(file, '..'), { recursive: true })
  return found
}
