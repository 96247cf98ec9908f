import { describe, expect, it } from 'vitest'
import { readSettings } from './settings.ts'

const read = (variables: Readonly<Record<string, string>> = {}) =>
  readSettings(new Map(Object.entries(variables)))

describe('what the variables of a job ask of the runner', () => {
  it('is what GitLab has where they ask nothing', () => {
    expect(read()).toMatchObject({
      git: { strategy: 'fetch', checksOut: true, fetchFlags: ['--prune', '--quiet'] },
      attempts: { sources: 1, artifacts: 1, cache: 1 },
      scriptMs: undefined,
      afterScriptMs: 300_000,
      ignoresAfterScriptErrors: true,
      warnings: [],
    })
  })

  it.each([
    ['90s', 90_000],
    ['1h30m', 5_400_000],
    ['1.5m', 90_000],
    ['500ms', 500],
    ['0', undefined],
    ['0s', undefined],
    ['-5m', undefined],
    ['5', undefined],
    ['10 minutes', undefined],
  ])('is for the time of the script %s', (text, ms) => {
    expect(read({ RUNNER_SCRIPT_TIMEOUT: text }).scriptMs).toBe(ms)
  })

  it('is no more than ten attempts and no fewer than one', () => {
    const { attempts, warnings } = read({
      GET_SOURCES_ATTEMPTS: '99',
      ARTIFACT_DOWNLOAD_ATTEMPTS: '0',
      RESTORE_CACHE_ATTEMPTS: 'many',
    })
    expect(attempts).toEqual({ sources: 10, artifacts: 1, cache: 1 })
    expect(warnings).toHaveLength(1)
  })

  it.each([
    ['GIT_STRATEGY', 'rsync', "GIT_STRATEGY: expected one of fetch, clone, none, empty, got 'rsync'"],
    ['GIT_SUBMODULE_STRATEGY', 'all', 'GIT_SUBMODULE_STRATEGY: expected one of'],
    ['GIT_CHECKOUT', 'maybe', 'GIT_CHECKOUT: expected true or false'],
    ['RUNNER_AFTER_SCRIPT_TIMEOUT', '\u001B[2Jx', String.raw`got '\u{1b}[2Jx'`],
  ])('is said where it is not understood: %s=%j', (name, value, said) => {
    expect(read({ [name]: value }).warnings.join('\n')).toContain(said)
  })

  it('is no flag at all for none', () => {
    expect(read({ GIT_CLEAN_FLAGS: 'none', GIT_FETCH_EXTRA_FLAGS: 'none' }).git).toMatchObject({
      cleanFlags: undefined,
      fetchFlags: [],
    })
  })
})
