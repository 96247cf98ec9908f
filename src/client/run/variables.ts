import type { ProjectVariable } from '../../repositories/index.ts'
import { clientErrors } from '../errors.ts'

/** What pip takes in the place of an index. */
export function wheelhouseVariables(folder: string | undefined): readonly ProjectVariable[] {
  return folder === undefined ? [] : plain({ PIP_NO_INDEX: '1', PIP_FIND_LINKS: folder })
}

/** The words of the back ends that derive a version from git: setuptools_scm and hatch-vcs, pbr, pdm, Poetry's plugin. */
export function versionVariables(version: string | undefined): readonly ProjectVariable[] {
  if (version === undefined) return []
  return plain({
    SETUPTOOLS_SCM_PRETEND_VERSION: version,
    PBR_VERSION: version,
    PDM_BUILD_SCM_VERSION: version,
    POETRY_DYNAMIC_VERSIONING_BYPASS: version,
  })
}

/** Of variables with the same name the last. */
export function mergedVariables(
  ...lists: readonly (readonly ProjectVariable[])[]
): readonly ProjectVariable[] {
  return [...new Map(lists.flat().map((variable) => [variable.key, variable])).values()]
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,254}$/
/** What GitLab masks: one line without spaces, long enough not to be found everywhere. */
const MASKABLE = /^[^\s]{8,}$/

/** `NAME=VALUE`, or `NAME` of the environment, whose value is masked in logs. Throws `client.run-variable`. */
export function givenVariable(text: string, env: Readonly<Record<string, string>>): ProjectVariable {
  const at = text.indexOf('=')
  const key = at === -1 ? text : text.slice(0, at)
  if (!NAME.test(key)) throw clientErrors('client.run-variable', `'${key}' is not the name of a variable`)
  if (at !== -1) return { key, value: text.slice(at + 1), isFile: false, isMasked: false }
  const value = env[key]
  if (value === undefined) throw clientErrors('client.run-variable', `${key} is not set in the environment`)
  return { key, value, isFile: false, isMasked: MASKABLE.test(value) }
}

function plain(values: Readonly<Record<string, string>>): ProjectVariable[] {
  return Object.entries(values).map(([key, value]) => ({ key, value, isFile: false, isMasked: false }))
}
