import { delimiter, join } from 'node:path'
import { describeError, printable, shellQuoted } from '../../../base/index.ts'
import { failed, ok, skipped, warning, type Check, type Finding } from '../check.ts'
import type { Facts } from '../facts.ts'

/** What `engines` of package.json demands; a test compares. */
const NODE = [
  { major: 22, minor: 22, patch: 2 },
  { major: 24, minor: 15, patch: 0 },
] as const
const NEWEST_MAJOR = 26

export const runtimeCheck: Check = {
  name: 'runtime',
  effectOf: [],
  look: async ({ io: { runtime } }) => [
    isSupported(runtime)
      ? ok(`wheelseal runs on ${runtime}`)
      : failed({
          fact: `wheelseal runs on ${runtime}, which it is not made for`,
          next: 'install Node 24.15 or newer, or use the executable, which needs no Node',
        }),
  ],
}

function isSupported(runtime: string): boolean {
  const [, name, ...numbers] = /^(\w+) v?(\d+)\.(\d+)\.(\d+)/.exec(runtime) ?? []
  if (name !== 'Node') return name === 'Bun'
  const [major = 0, minor = 0, patch = 0] = numbers.map(Number)
  if (major >= NEWEST_MAJOR) return true
  const least = NODE.find((one) => one.major === major)
  return least !== undefined && (minor > least.minor || (minor === least.minor && patch >= least.patch))
}

const PYTHON = 'import sys, venv, ensurepip; print(".".join(map(str, sys.version_info[:3])), sys.executable)'
const PYTHON_SAID = /^(\d+)\.(\d+)\.(\d+) (.+)$/m
const OLDEST_MINOR = 9

export const pythonCheck: Check = {
  name: 'python',
  effectOf: [],
  look: async (facts) => {
    const [python, git, curl] = await Promise.all([
      output(['python3', '-c', PYTHON], facts),
      output(['git', '--version'], facts),
      output(['curl', '--version'], facts),
    ])
    return [pythonFinding(python), ...toolFindings({ git, curl })]
  },
}

function pythonFinding(said: string | undefined): Finding {
  const next = 'install Python 3.9 or newer with venv and pip (Debian: apt-get install python3-venv)'
  const [, major, minor, , path] = PYTHON_SAID.exec(said ?? '') ?? []
  if (major === undefined)
    return failed({
      fact: 'python3 is not installed, or has no venv and ensurepip',
      reason: 'build, run and install start it',
      next,
    })
  const [version = ''] = (said ?? '').split(' ')
  if (Number(major) < 3 || Number(minor) < OLDEST_MINOR)
    return failed({ fact: `python3 is ${printable(version)}, which is too old`, next })
  return ok(`Python ${printable(version)} with venv and pip: ${printable(path ?? '')}`)
}

function toolFindings(tools: Readonly<Record<string, string | undefined>>): readonly Finding[] {
  return Object.entries(tools).flatMap(([name, said]) =>
    said === undefined
      ? [
          warning({
            fact: `${name} is not installed`,
            reason: 'wheelseal run and the jobs of most pipelines need it',
            next: `install ${name}`,
          }),
        ]
      : [],
  )
}

const MAX_OUTPUT_BYTES = 4_096

/** What a program needs to be found and to start; no token is among it. */
const INHERITED = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'PYENV_ROOT', 'PYENV_VERSION', 'VIRTUAL_ENV']

/** Standard output of a program that succeeded. */
async function output(
  argv: readonly [string, ...string[]],
  { io: { spawn, env }, signal }: Facts,
): Promise<string | undefined> {
  let text = ''
  const variables = INHERITED.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]))
  try {
    const { exitCode } = await spawn.run({
      argv,
      env: Object.fromEntries(variables),
      signal,
      onOutput: (chunk, stream) => {
        if (stream === 'stdout' && text.length < MAX_OUTPUT_BYTES) text += Buffer.from(chunk).toString('utf8')
      },
    })
    return exitCode === 0 ? text : undefined
  } catch {
    return undefined
  }
}

const MAX_FOLDERS = 100

/** Not needed by this program, and by the pipelines of many: downloaded as a file, it cannot be executed yet. */
export const cosignCheck: Check = {
  name: 'cosign',
  effectOf: [],
  look: async ({ io: { env, inspect } }) => {
    const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
    for (const folder of folders.slice(0, MAX_FOLDERS)) {
      const path = join(folder, 'cosign')
      const found = await inspect(path)
      if (found?.kind !== 'file') continue
      if (found.isExecutable) return [ok(`cosign is ${printable(path)}`)]
      return [
        failed({
          fact: `permission denied: ${printable(path)} cannot be executed by this user`,
          reason: 'a downloaded file has not the right to be executed',
          next: `chmod +x ${shellQuoted(printable(path))}`,
        }),
      ]
    }
    return [skipped('cosign is not on the PATH; wheelseal signs and verifies without it')]
  },
}

export const executorsCheck: Check = {
  name: 'executors',
  effectOf: ['python'],
  look: async ({ io }) => {
    if (io.env['CI_JOB_ID'])
      return [skipped('this is a job already: how jobs are isolated is decided where its runner is')]
    const probe = await io.probeSandbox()
    if (probe.isAvailable) return [ok('jobs can run isolated (sandbox) and as your user (plain)')]
    const { step, why, hint } = probe
    return [
      warning({
        fact: `jobs cannot be isolated on this machine: the step '${step}' fails: ${describeError(why)}`,
        reason: 'wheelseal run then starts them as your user, without isolation (plain)',
        next: hint,
      }),
    ]
  },
}
