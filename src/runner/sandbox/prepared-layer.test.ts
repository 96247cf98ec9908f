import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BeforeScript } from '../executor.ts'
import { arrangeSandboxes, type SandboxTest } from './arrange.contract.ts'
import type { SandboxExecutorOptions } from './options.ts'
import { findPrepared } from './prepared-layer.ts'

let sandboxes: SandboxTest
let layers: string
let options: Partial<SandboxExecutorOptions>
beforeAll(() => {
  sandboxes = arrangeSandboxes()
  layers = join(sandboxes.top, 'layers')
  options = { layers }
})
afterAll(() => sandboxes.close())

const ENTRIES = [
  'test -e /usr/local/bin/tool && echo "there already" || echo "made now"',
  'echo tool > /usr/local/bin/tool; rm -f /usr/bin/sudo; mkdir -p /opt/some/where; ln -sf tool /usr/local/bin/other',
  'export FROM_BEFORE=1; echo before >> "$CI_PROJECT_DIR/count"; echo home > "$HOME/of-home"; cd /opt',
]
const before = (more: Partial<BeforeScript> = {}): BeforeScript => ({
  entries: ENTRIES,
  projectId: 1,
  ref: 'branch main',
  isRefProtected: true,
  hasIdTokens: false,
  ...more,
})
const SCRIPT = 'echo "$FROM_BEFORE $PWD"; rm -f /usr/local/bin/tool; echo later > /usr/local/bin/later'

/** One job with that before_script; whether it found what another had made. */
async function run(
  more: Partial<BeforeScript> = {},
  variables: Readonly<Record<string, string>> = {},
  executor = options,
) {
  const job = await sandboxes.job(executor)
  const all = { CI_PROJECT_DIR: job.place.folders.job.project, ...variables }
  const own = before(more)
  const { exitCode, output } = await job.sh([...own.entries, SCRIPT], { variables: all, before: own })
  expect([exitCode, output]).toEqual([0, expect.stringContaining('1 /opt\n')])
  return { job, isThere: /^there already$/m.test(output), said: job.said.join('\n') }
}

const kept = (): readonly string[] => readdirSync(layers).filter((name) => /^prepared-[^.]+\.\d+$/.test(name))

describe('what a before_script has made of the system', () => {
  it('is there for the next job of the same ref, for which it runs once more, whole', async () => {
    const { isThere, said } = await run()
    expect([isThere, said]).toEqual([false, expect.stringContaining('is kept for later jobs')])
    const next = await run()
    expect([next.isThere, next.said]).toEqual([true, expect.stringContaining('is in place')])
    expect(kept()).toHaveLength(1)
    const look = 'cat count; ls -A "$HOME"; ls /usr/local/bin; ls -d /opt/some/where'
    const { output } = await next.job.sh(look)
    expect(output).toContain('before\n')
    for (const made of ['/opt/some/where\n', 'later\n']) expect(output).toContain(made)
  })

  it('is that of before_script alone, without what the script has made, and without home and project', async () => {
    await run()
    const alone = await sandboxes.job(options)
    const own = before()
    const { output } = await alone.sh([...own.entries.slice(0, 1), 'ls /usr/local/bin; ls -A "$HOME" .'], {
      before: own,
      variables: { CI_PROJECT_DIR: alone.place.folders.job.project },
      pauseAfter: 1,
    })
    expect(output).toMatch(/^there already$/m)
    expect(output).not.toContain('later')
    expect(output).not.toContain('of-home')
    expect(output).not.toContain('count')
  })

  it.each<[string, Partial<BeforeScript>]>([
    ['another project', { projectId: 2 }],
    ['another ref', { ref: 'branch feature' }],
    ['a ref that is not protected', { isRefProtected: false }],
    ['another before_script', { entries: [...ENTRIES, 'true'] }],
  ])('is not there for %s', async (_what, more) => {
    expect((await run(more)).isThere).toBe(false)
  })

  it('is not there for the project of the same number of another instance', async () => {
    expect((await run()).isThere).toBe(true)
    expect((await run({}, {}, { layers, instance: 'another' })).isThere).toBe(false)
    expect((await run({}, {}, { layers, instance: 'a third' })).isThere).toBe(false)
  })

  it('is of the variables that it names, but for those of a job and its secrets', async () => {
    const entries = [...ENTRIES, ': $TOOL_VERSION $CI_JOB_ID $MY_TOKEN']
    const using = (version: string, id: string) => ({ TOOL_VERSION: version, CI_JOB_ID: id, MY_TOKEN: id })
    expect((await run({ entries }, using('1', 'a'))).isThere).toBe(false)
    expect((await run({ entries }, using('1', 'b'))).isThere).toBe(true)
    expect((await run({ entries }, using('2', 'b'))).isThere).toBe(false)
  })

  it('is neither used nor made by a job with id tokens, unless its own protected ref made it', async () => {
    const unprotected = { hasIdTokens: true, isRefProtected: false, ref: 'branch other' }
    const count = kept().length
    expect((await run(unprotected)).isThere).toBe(false)
    expect((await run(unprotected)).isThere).toBe(false)
    expect(kept()).toHaveLength(count)
    expect((await run({ hasIdTokens: true })).isThere).toBe(true)
  })

  it('is not kept where it fails, or is never complete', async () => {
    const count = kept().length
    const entries = ['echo half > /usr/local/bin/half', 'false']
    const job = await sandboxes.job(options)
    const own = before({ entries })
    expect((await job.sh([...entries, 'true'], { before: own })).exitCode).toBe(1)
    expect(kept()).toHaveLength(count)
    expect(readdirSync(layers).filter((name) => name.startsWith('new-'))).toEqual([])
  })

  it('is made anew a week after it was made, however often it was used since', async () => {
    const others = kept()
    await run({ ref: 'branch often' })
    const name = kept().find((one) => !others.includes(one)) ?? ''
    expect((await run({ ref: 'branch often' })).isThere).toBe(true)
    const made = new Date(Date.now() - 8 * 86_400_000)
    utimesSync(join(layers, name), made, made)
    expect((await run({ ref: 'branch often' })).isThere).toBe(false)
    expect((await run({ ref: 'branch often' })).isThere).toBe(true)
  })

  it('is put away once by jobs that begin at the same time, and none of them fails', async () => {
    const path = join(layers, 'prepared-00cc.5')
    mkdirSync(path, { recursive: true })
    const made = new Date(Date.now() - 8 * 86_400_000)
    utimesSync(path, made, made)
    const asked = Array.from({ length: 8 }, () => findPrepared(layers, 'prepared-00cc'))
    expect(new Set(await Promise.all(asked))).toEqual(new Set([undefined]))
    expect(kept()).not.toContain('prepared-00cc.5')
  })

  it('is dropped a week after it was made, as is what a killed runner has left', async () => {
    const old = ['prepared-00aa.5', 'new-left', 'prepared-00bb.5']
    for (const name of old) mkdirSync(join(layers, name))
    writeFileSync(join(layers, 'prepared-00aa.5', 'file'), '')
    const days = (count: number): Date => new Date(Date.now() - count * 86_400_000)
    utimesSync(join(layers, 'prepared-00aa.5'), days(8), days(8))
    utimesSync(join(layers, 'new-left'), days(2), days(2))
    utimesSync(join(layers, 'prepared-00bb.5'), days(6), days(6))
    await run({ ref: 'branch that-is-new' })
    const left = readdirSync(layers)
    expect(old.filter((name) => left.includes(name))).toEqual(['prepared-00bb.5'])
  })

  it('can be switched off', async () => {
    const job = await sandboxes.job({ keepsLayers: false })
    expect(job.pauses).toBe(false)
  })
})
