import { printable } from '../../base/index.ts'
import type { Variables } from './variables.ts'

const MAX_SHOWN_LENGTH = 40
const MAX_WORDS = 100
const DEFAULT_AFTER_SCRIPT_MS = 5 * 60_000
const ATTEMPTS = { least: 1, most: 10 } as const
/** `1h30m`, `90s`, `1.5h`, as Go's durations. */
const DURATION = /^(?:\d{1,9}(?:\.\d{1,9})?(?:ns|us|µs|ms|s|m|h)){1,8}$/
const DURATION_PART = /(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g
const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
}

/** What a job's variables ask of the runner itself (gitlab-surface 3.5). */
export interface RunnerSettings {
  readonly git: GitSettings
  readonly attempts: { readonly sources: number; readonly artifacts: number; readonly cache: number }
  /** Undefined: as long as the job. */
  readonly scriptMs: number | undefined
  readonly afterScriptMs: number
  readonly ignoresAfterScriptErrors: boolean
  readonly hasScriptSections: boolean
  /** What was asked for and is not understood, for the job log. */
  readonly warnings: readonly string[]
}

export interface GitSettings {
  readonly strategy: 'fetch' | 'clone' | 'none' | 'empty'
  readonly checksOut: boolean
  /** Undefined where `none` was asked for. */
  readonly cleanFlags: readonly string[] | undefined
  readonly fetchFlags: readonly string[]
  readonly skipsLfs: boolean
  readonly submodules: SubmoduleSettings
  /** As the stock runner without FF_GIT_URLS_WITHOUT_TOKENS: the token stands in the job's `.git/config`. */
  readonly hasTokenInUrl: boolean
}

export interface SubmoduleSettings {
  readonly strategy: 'none' | 'normal' | 'recursive'
  /** Undefined: that of the job. */
  readonly depth: number | undefined
  readonly paths: readonly string[]
  readonly updateFlags: readonly string[]
  readonly forcesHttps: boolean
}

/** As the stock runner reads them: what is not understood is said and counts as not given. */
export function readSettings(variables: Variables): RunnerSettings {
  const reader = createReader(variables)
  const attempts = {
    sources: reader.attempts('GET_SOURCES_ATTEMPTS'),
    artifacts: reader.attempts('ARTIFACT_DOWNLOAD_ATTEMPTS'),
    cache: reader.attempts('RESTORE_CACHE_ATTEMPTS'),
  }
  return {
    git: gitSettings(reader),
    attempts,
    scriptMs: reader.duration('RUNNER_SCRIPT_TIMEOUT'),
    afterScriptMs: reader.duration('RUNNER_AFTER_SCRIPT_TIMEOUT') ?? DEFAULT_AFTER_SCRIPT_MS,
    ignoresAfterScriptErrors: reader.flag('AFTER_SCRIPT_IGNORE_ERRORS', true),
    hasScriptSections: reader.flag('FF_SCRIPT_SECTIONS', false),
    warnings: reader.warnings,
  }
}

function gitSettings(reader: Reader): GitSettings {
  return {
    strategy: reader.choice('GIT_STRATEGY', ['fetch', 'clone', 'none', 'empty']),
    checksOut: reader.flag('GIT_CHECKOUT', true),
    cleanFlags: reader.flags('GIT_CLEAN_FLAGS', ['-ffdx']),
    fetchFlags: reader.flags('GIT_FETCH_EXTRA_FLAGS', ['--prune', '--quiet']) ?? [],
    skipsLfs: reader.flag('GIT_LFS_SKIP_SMUDGE', false),
    hasTokenInUrl: !reader.flag('FF_GIT_URLS_WITHOUT_TOKENS', true),
    submodules: {
      strategy: reader.choice('GIT_SUBMODULE_STRATEGY', ['none', 'normal', 'recursive']),
      depth: reader.count('GIT_SUBMODULE_DEPTH'),
      paths: reader.words('GIT_SUBMODULE_PATHS'),
      updateFlags: reader.words('GIT_SUBMODULE_UPDATE_FLAGS'),
      forcesHttps: reader.flag('GIT_SUBMODULE_FORCE_HTTPS', false),
    },
  }
}

type Reader = ReturnType<typeof createReader>

/** What one kind of variable may say; undefined where it cannot be understood. */
interface Kind<Value> {
  readonly expected: string
  read(text: string): Value | undefined
}

function createReader(variables: Variables) {
  const warnings: string[] = []
  const given = (name: string): string => (variables.get(name) ?? '').trim()
  const as = <Value>(name: string, { expected, ...kind }: Kind<Value>): Value | undefined => {
    const text = given(name)
    if (text === '') return undefined
    const value = kind.read(text)
    if (value === undefined) {
      const shown = printable(text, { maxLength: MAX_SHOWN_LENGTH })
      warnings.push(`${name}: expected ${expected}, got '${shown}'; the default is used`)
    }
    return value
  }
  return {
    warnings,
    words: (name: string): readonly string[] => as(name, WORDS) ?? [],
    /** Undefined for `none`. */
    flags: (name: string, byDefault: readonly string[]): readonly string[] | undefined =>
      given(name) === 'none' ? undefined : (as(name, WORDS) ?? byDefault),
    choice: <Choice extends string>(name: string, choices: readonly [Choice, ...Choice[]]): Choice =>
      as(name, {
        expected: `one of ${choices.join(', ')}`,
        read: (text) => choices.find((choice) => choice === text),
      }) ?? choices[0],
    flag: (name: string, byDefault: boolean): boolean => as(name, FLAG) ?? byDefault,
    count: (name: string): number | undefined => as(name, COUNT),
    attempts: (name: string): number => as(name, TRIES) ?? ATTEMPTS.least,
    duration: (name: string): number | undefined => as(name, TIME) || undefined,
  }
}

const WORDS: Kind<readonly string[]> = {
  expected: `at most ${MAX_WORDS} words`,
  read: (text) => {
    const words = text.split(/\s+/)
    return words.length > MAX_WORDS ? undefined : words
  },
}

const FLAG: Kind<boolean> = {
  expected: 'true or false',
  read: (text) => {
    if (/^(?:1|t|T|TRUE|true|True)$/.test(text)) return true
    return /^(?:0|f|F|FALSE|false|False)$/.test(text) ? false : undefined
  },
}

const COUNT: Kind<number> = {
  expected: 'a number',
  read: (text) => (/^\d{1,9}$/.test(text) ? Number(text) : undefined),
}

/** The stock runner takes the nearest that is allowed. */
const TRIES: Kind<number> = {
  expected: `a number from ${ATTEMPTS.least} to ${ATTEMPTS.most}`,
  read: (text) =>
    /^-?\d{1,9}$/.test(text) ? Math.max(ATTEMPTS.least, Math.min(ATTEMPTS.most, Number(text))) : undefined,
}

/** 0 is no limit. */
const TIME: Kind<number> = {
  expected: "a duration such as '10m' or '1h30m'",
  read: (text) => {
    if (text === '0') return 0
    return DURATION.test(text) ? durationMs(text) : undefined
  },
}

function durationMs(text: string): number {
  let sum = 0
  for (const [, number, unit = ''] of text.matchAll(DURATION_PART))
    sum += Number(number) * (UNIT_MS[unit] ?? 0)
  return sum
}
