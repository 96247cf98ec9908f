/**
 * How git is started here: what its user's and the machine's configuration say, and what a repository could say, counts
 * for nothing.
 */
const SETTINGS: readonly string[] = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.quotePath=false',
  'core.attributesFile=/dev/null',
  'core.logAllRefUpdates=false',
  // Whoever owns the folder: nobody else can reach it.
  'safe.directory=*',
  'safe.bareRepository=all',
  'gc.auto=0',
  'maintenance.auto=false',
  'receive.autogc=false',
  // Nothing here fetches.
  'protocol.allow=never',
  'i18n.logOutputEncoding=UTF-8',
  'log.showSignature=false',
  // All that git acknowledges, and never later than that.
  'core.fsync=all',
  'core.fsyncMethod=fsync',
  // A large file is neither compressed against others nor held whole.
  'core.bigFileThreshold=16m',
  'core.packedGitLimit=256m',
  'pack.windowMemory=64m',
  'pack.deltaCacheSize=16m',
  'pack.threads=1',
]

export function settingArguments(more: readonly string[] = []): readonly string[] {
  return [...SETTINGS, ...more].flatMap((setting) => ['-c', setting])
}

/** The whole environment of git; `path` is where it finds its own programs. */
export function gitEnvironment(path: string): Readonly<Record<string, string>> {
  return {
    PATH: path,
    HOME: '/nonexistent',
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_SYSTEM: '/dev/null',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_NO_LAZY_FETCH: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_LITERAL_PATHSPECS: '1',
  }
}

/** Of `git receive-pack`: what comes is judged before it is kept, and kept in one file. */
export function receiveSettings({
  maxBytes,
  hooks,
}: {
  readonly maxBytes: number
  readonly hooks: string
}): readonly string[] {
  return [
    `core.hooksPath=${hooks}`,
    `receive.maxInputSize=${maxBytes}`,
    'receive.fsckObjects=true',
    // Old projects have them, and they do no harm.
    'receive.fsck.badTimezone=ignore',
    'receive.fsck.missingSpaceBeforeDate=ignore',
    'receive.fsck.zeroPaddedFilemode=ignore',
    'receive.unpackLimit=1',
    'receive.advertisePushOptions=true',
    'receive.hideRefs=refs/pipelines',
  ]
}

/** Of `git upload-pack`. */
export const UPLOAD_SETTINGS: readonly string[] = ['uploadpack.allowFilter=true']
