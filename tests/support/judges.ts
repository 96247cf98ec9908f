import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const folder =
  process.env['WHEELSEAL_JUDGES'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'wheelseal', 'judges')

export const cosign2 = join(folder, 'bin', 'cosign-2.2.3')
export const cosign3 = join(folder, 'bin', 'cosign-3.1.2')
export const rekorCli = join(folder, 'bin', 'rekor-cli-1.5.4')
export const python = join(folder, 'python', 'bin', 'python')
export const twine = join(folder, 'python', 'bin', 'twine')
export const uv = join(folder, 'python', 'bin', 'uv')
export const pipx = join(folder, 'python', 'bin', 'pipx')
export const pypiAttestations = join(folder, 'python', 'bin', 'pypi-attestations')
/** Files of PyPI, their attestations (`FILE.publish.attestation`), and PyPI's own provenance objects (`FILE.provenance`). */
export const attestations = join(folder, 'attestations')
/** pip 23 and twine 4. */
export const olderPython = join(folder, 'older', 'bin', 'python')
export const olderTwine = join(folder, 'older', 'bin', 'twine')
export const poetry = join(folder, 'index', 'bin', 'poetry')
/** Has proxpi, simple-repository and python-gitlab. */
export const indexPython = join(folder, 'index', 'bin', 'python')
/** pip 23.2 and pip-tools, which takes that pip for its own. */
export const pip23Python = join(folder, 'pip23', 'bin', 'python')
export const pipCompile = join(folder, 'pip23', 'bin', 'pip-compile')
export const pipSync = join(folder, 'pip23', 'bin', 'pip-sync')
export const pdm = join(folder, 'installers', 'bin', 'pdm')
export const hatch = join(folder, 'installers', 'bin', 'hatch')
/** Has gitlab-python-runner. */
export const runnerPython = join(folder, 'runner', 'bin', 'python')
export const gitlabCiLocal = join(folder, 'npm', 'node_modules', 'gitlab-ci-local', 'dist', 'index.js')
export const sigstorePython = join(folder, 'python', 'bin', 'sigstore')

/** Cases and tools that lie beside the repository in CI; a clone has none. */
export const shared = process.env['WHEELSEAL_SHARED'] ?? join(import.meta.dirname, '..', '..', '..', 'shared')

/**
 * For `describe.runIf`: whether everything that a test needs is there. In CI a missing part is a failure; elsewhere it
 * is a skip that says what is missing.
 */
export function present(...paths: readonly string[]): boolean {
  const missing = paths.filter((path) => !existsSync(path))
  if (missing.length === 0) return true
  const way = missing.every((path) => path.startsWith(shared))
    ? 'they lie beside the repository in CI'
    : 'scripts/judges installs stock clients'
  const message = `SKIPPED, because these are missing: ${missing.join(', ')} (${way})`
  if (process.env['CI'] === 'true') throw new Error(message)
  console.warn(message)
  return false
}
