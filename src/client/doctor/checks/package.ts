import {
  isName,
  nameInFileNames,
  normalizeName,
  parseFileName,
  parseVersion,
} from '../../../formats/python/index.ts'
import { describeError, WheelsealError } from '../../../base/index.ts'
import { join } from 'node:path'
import { failed, ok, skipped, warning, type Check, type Finding } from '../check.ts'
import type { DoctorIo } from '../io.ts'
import { readProject, type ProjectFile } from '../project.ts'
import { shownValue } from '../shown.ts'

/** Name and version of the package, in its file, in the variables of the pipeline, and in what was built. */
export const packageCheck: Check = {
  name: 'package',
  effectOf: [],
  look: async ({ io }) => {
    const read = await readProject(io)
    if (read === undefined)
      return [skipped(`no package here: ${shownValue(io.folder)} has no pyproject.toml`)]
    if ('complaint' in read)
      return [
        failed({ fact: read.complaint, reason: 'no tool can read the file', next: 'correct this line' }),
      ]
    const { file } = read
    const problems = [...nameProblems(file), ...versionProblems(file)]
    if (problems.length > 0) return problems
    const { name = '', version } = file
    const more = [...variableProblems(file, io), ...(await builtProblems(file, io))]
    const shown =
      version === undefined ? 'its version from the build' : `version ${parseVersion(version).normal}`
    return more.length > 0 ? more : [ok(`package ${name}, ${shown}`, spellings(name))]
  },
}

/** One name in three forms, which is why so many addresses are wrong. */
function spellings(name: string): readonly string[] {
  return [`in the address of an index: ${normalizeName(name)}`, `in file names: ${nameInFileNames(name)}`]
}

function nameProblems({ path, name }: ProjectFile): readonly Finding[] {
  if (name === undefined)
    return [
      failed({ fact: `${path} has no name in [project]`, next: 'add name = "my-package" to [project]' }),
    ]
  if (isName(name)) return []
  return [
    failed({
      fact: `${path}: ${shownValue(name)} is not a package name`,
      reason:
        'PEP 508 allows letters, digits, dots, hyphens and underscores, the first and last a letter or digit',
      next: 'correct name in [project]',
    }),
  ]
}

function versionProblems({ path, version, isVersionDynamic }: ProjectFile): readonly Finding[] {
  if (version === undefined)
    return isVersionDynamic
      ? []
      : [
          failed({
            fact: `${path} has no version in [project]`,
            next: 'add version = "1.0.0", or dynamic = ["version"]',
          }),
        ]
  return isVersion(version) ? [] : [notAVersion(`${path}: version`, version)]
}

function isVersion(text: string): boolean {
  try {
    parseVersion(text)
    return true
  } catch (error) {
    if (error instanceof WheelsealError) return false
    throw error
  }
}

function notAVersion(where: string, text: string): Finding {
  return failed({
    fact: `${where} ${shownValue(text)} is not a version`,
    reason: 'PEP 440 has the form 1.0.0, 1.0rc1, 1.0.post1 or 1.0.dev1',
    next: 'correct the version',
  })
}

/** Of the tutorial's pipeline. */
function variableProblems({ name = '', version }: ProjectFile, { env }: DoctorIo): readonly Finding[] {
  const { PACKAGE_VERSION: stated, NORMALIZED_NAME: normalized } = env
  const problems: Finding[] = [...addressProblems(env)]
  if (stated && !isVersion(stated)) problems.push(notAVersion('PACKAGE_VERSION', stated))
  else if (stated && version !== undefined && parseVersion(stated).key !== parseVersion(version).key)
    problems.push(
      failed({
        fact: `PACKAGE_VERSION is ${shownValue(stated)}, and the version of pyproject.toml is ${shownValue(version)}`,
        reason: 'signatures are then looked for at a version that has none (404)',
        next: 'take the version from one place, the tag for example',
      }),
    )
  if (normalized && normalized !== nameInFileNames(name))
    problems.push(
      failed({
        fact: `NORMALIZED_NAME is ${shownValue(normalized)}, and files of ${name} begin with ${nameInFileNames(name)}`,
        reason: 'files and signatures are then looked for by a name that they do not have (404)',
        next: `set NORMALIZED_NAME to ${nameInFileNames(name)}`,
      }),
    )
  return problems
}

/** Where the tutorial's jobs publish signatures and look for them. */
function addressProblems(env: DoctorIo['env']): readonly Finding[] {
  const { GENERIC_PACKAGE_BASE_URL: url, CI_API_V4_URL: api, CI_PROJECT_ID: id } = env
  if (!url || !api || !id) return []
  const start = `${api}/projects/${id}/packages/generic/`
  const rest = url.startsWith(start) ? url.slice(start.length) : ''
  if (/^[A-Za-z0-9._+-]+\/[A-Za-z0-9._+-]+$/.test(rest)) return []
  return [
    failed({
      fact: `GENERIC_PACKAGE_BASE_URL is ${shownValue(url)}, which is not an address of the generic registry`,
      reason: 'signatures are then looked for where none are (404)',
      next: `set it to ${start}NAME/VERSION`,
    }),
  ]
}

const DISTRIBUTION = /\.(?:whl|tar\.gz)$/
const MAX_FILES = 1_000

async function builtProblems({ name = '' }: ProjectFile, io: DoctorIo): Promise<readonly Finding[]> {
  const built = (await io.list(join(io.folder, 'dist'))).filter((file) => DISTRIBUTION.test(file))
  return built.slice(0, MAX_FILES).flatMap((file) => {
    try {
      const parsed = parseFileName(file)
      const isOwn = parsed !== undefined && normalizeName(parsed.name) === normalizeName(name)
      return isOwn ? [] : [foreign(file, name)]
    } catch (error) {
      if (!(error instanceof WheelsealError)) throw error
      return [
        failed({
          fact: `dist/${shownValue(file)}: ${describeError(error)}`,
          next: 'build it again: wheelseal build',
        }),
      ]
    }
  })
}

function foreign(file: string, name: string): Finding {
  return warning({
    fact: `dist/${shownValue(file)} is not a file of ${name}`,
    reason: 'sign and publish take whatever is in dist/',
    next: `remove it, or build into an empty folder; files of ${name} begin with ${nameInFileNames(name)}-`,
  })
}
