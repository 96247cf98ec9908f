/**
 * The standard build front end is PyPI's `build`, which makes an isolated environment for the back end, makes the sdist,
 * and makes the wheel of that sdist. It is installed into a folder of its own for one run, by the machine's pip, so that
 * index, proxy and certificates are those that pip is configured with.
 */

type Argv = readonly [string, ...string[]]
type Environment = Readonly<Record<string, string>>

/** From 1.2 it runs on Python 3.9, and its command line has been the same since. */
const FRONT_END = 'build>=1.2,<2'

/** The import path is set here: as a variable, the back end would inherit it. */
const START =
  'import sys; sys.path.insert(0, sys.argv.pop(1)); from build.__main__ import main; main(sys.argv[1:], "build")'

export function installArgv(python: string, frontEnd: string): Argv {
  const quiet = ['--quiet', '--disable-pip-version-check', '--no-input', '--no-warn-script-location']
  return [python, '-m', 'pip', 'install', ...quiet, '--target', frontEnd, FRONT_END]
}

export interface BuildPlace {
  /** Where the front end was installed. */
  readonly frontEnd: string
  readonly sources: string
  readonly output: string
}

export function buildArgv(python: string, { frontEnd, sources, output }: BuildPlace): Argv {
  return [python, '-I', '-u', '-c', START, frontEnd, '--outdir', output, sources]
}

/** A back end and all that it needs come from an index, and run: what signs or publishes is not theirs. */
const SECRET = /TOKEN|PASSWORD|PASSWD|SECRET|PRIVATE_KEY|CREDENTIAL/i
/** How pip reaches the index, which may need a password. */
const NEEDED = /^(?:PIP_|https?_proxy$|all_proxy$)/i
/** What would change which Python modules are seen, or where pip installs. */
const STRAY: ReadonlySet<string> = new Set([
  'PYTHONPATH',
  'PYTHONHOME',
  'PYTHONSTARTUP',
  'PIP_USER',
  'PIP_TARGET',
  'PIP_PREFIX',
  'PIP_ROOT',
  'PIP_REQUIRE_VIRTUALENV',
])

/**
 * That of the process without its secrets and without what disturbs the isolation. Where a private authority is named to
 * all programs (`SSL_CERT_FILE`), pip is told too.
 */
export function buildEnvironment(env: Environment, sourceDateEpoch: number): Environment {
  const kept = Object.entries(env).filter(
    ([name]) => !STRAY.has(name) && (NEEDED.test(name) || !SECRET.test(name)),
  )
  const authorities = env['SSL_CERT_FILE']
  return {
    ...(authorities ? { PIP_CERT: authorities } : {}),
    ...Object.fromEntries(kept),
    SOURCE_DATE_EPOCH: `${sourceDateEpoch}`,
    // The copy shares the repository of the sources; nothing there may change.
    GIT_OPTIONAL_LOCKS: '0',
  }
}
