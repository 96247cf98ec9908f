import { isName, parseVersion } from '../../formats/python/index.ts'
import type { Hit } from '../finding.ts'
import type { Project, Pyproject } from '../project/project.ts'
import type { Invocation } from '../shell/program.ts'
import { isUpload, pipVerb, setVariables, inJobs } from './look.ts'
import { supportedUntilMs } from './python-releases.ts'
import { pipeline, type Example, type Rule } from './rule.ts'

function pyproject(text: string): Example {
  return { 'pyproject.toml': text }
}

interface ProjectTable {
  readonly [key: string]: unknown
}

function tableOf({ value }: Pyproject): ProjectTable | undefined {
  const table = value['project']
  return typeof table === 'object' && table !== null ? (table as ProjectTable) : undefined
}

function at({ file, places }: Pyproject, key: string, what: string): Hit {
  const place = places.get(key) ?? places.get(key.split('.')[0] ?? '')
  return { ...file.position(place?.valueAt ?? 0), what }
}

function isVersion(text: string): boolean {
  try {
    parseVersion(text)
    return true
  } catch {
    return false
  }
}

const placeholder: Rule = {
  code: 'WS605',
  severity: 'error',
  title: 'a name or version that is not valid',
  what: '`name` or `version` in `[project]` is not valid, a placeholder such as `<my_package>` for example, or a URL has one.',
  consequence: 'Nothing but the pipeline that rewrites the file can build or install the project.',
  fix: 'Write the real name, a version such as `0.1.0`, and real URLs.',
  source: ['PEP 508: names', 'PEP 440: versions'],
  traps: ['C4'],
  bad: pyproject('[project]\nname = "<my_package>"\nversion = "1.0"\n'),
  good: pyproject('[project]\nname = "my-package"\nversion = "1.0"\n'),
  *check({ pyproject: file }) {
    const table = file === undefined ? undefined : tableOf(file)
    if (file === undefined || table === undefined) return
    const { name, version } = table
    if (typeof name === 'string' && !isName(name))
      yield at(file, 'project.name', `${name.slice(0, 100)} is not the name of a package`)
    if (typeof version === 'string' && !isVersion(version))
      yield at(file, 'project.version', `${version.slice(0, 100)} is not a version`)
    yield* placeholderUrls(file, table)
  },
}

function* placeholderUrls(file: Pyproject, { urls }: ProjectTable): Generator<Hit> {
  for (const [key, url] of Object.entries((urls ?? {}) as ProjectTable))
    if (typeof url === 'string' && /[<>]/.test(url))
      yield at(file, `project.urls.${key}`, `${url.slice(0, 100)} is not a URL`)
}

const oldSetuptools: Rule = {
  code: 'WS606',
  severity: 'warning',
  title: 'a setuptools that does not know `[project]`',
  what: '`build-system.requires` allows a setuptools before 61, and the metadata stands in `[project]`.',
  consequence: 'Such a version builds a package without a name and version, `UNKNOWN-0.0.0`.',
  fix: 'Require `setuptools>=61`.',
  source: ['setuptools changelog, 61.0.0'],
  traps: ['C4'],
  bad: pyproject(
    '[build-system]\nrequires = ["setuptools>=45", "wheel"]\n\n[project]\nname = "demo"\nversion = "1.0"\n',
  ),
  good: pyproject(
    '[build-system]\nrequires = ["setuptools>=61", "wheel"]\n\n[project]\nname = "demo"\nversion = "1.0"\n',
  ),
  *check({ pyproject: file }) {
    if (file === undefined || tableOf(file) === undefined) return
    for (const one of buildRequires(file)) {
      const found = /^setuptools\s*>=?\s*(\d{1,4})(?:\.\d+)*$/.exec(one)
      if (found === null || Number(found[1]) >= 61) continue
      const place = file.places.get('build-system.requires')
      const from = file.file.text.indexOf(found[0], place?.valueAt ?? 0)
      const edit = { file: file.file.path, from, to: from + found[0].length, text: 'setuptools>=61' }
      const broken = at(file, 'build-system.requires', `${found[0]} allows versions before 61`)
      yield from < 0 ? broken : { ...broken, edits: [edit] }
    }
  },
}

function buildRequires({ value }: Pyproject): readonly string[] {
  const system = value['build-system'] as ProjectTable | undefined
  const requires = system?.['requires']
  return Array.isArray(requires) ? requires.filter((one) => typeof one === 'string') : []
}

const oldPython: Rule = {
  code: 'WS607',
  severity: 'note',
  title: 'a lower bound that is a Python without support',
  what: 'The lower bound of `requires-python` is a release whose support has ended.',
  consequence:
    'Users on it get a package that is not tested there, on an interpreter without security fixes.',
  fix: 'Raise `requires-python` to the oldest release that is supported.',
  source: ['Python Developer\'s Guide, "Status of Python versions"'],
  traps: ['C4'],
  bad: pyproject('[project]\nname = "demo"\nversion = "1.0"\nrequires-python = ">=3.7"\n'),
  good: pyproject('[project]\nname = "demo"\nversion = "1.0"\nrequires-python = ">=3.13"\n'),
  *check({ pyproject: file, surroundings }) {
    const bound = file === undefined ? undefined : tableOf(file)?.['requires-python']
    const release = /^\s*>=\s*(\d+\.\d+)/.exec(typeof bound === 'string' ? bound : '')?.[1]
    const untilMs = release === undefined ? undefined : supportedUntilMs(release)
    if (file !== undefined && untilMs !== undefined && untilMs < surroundings.nowMs)
      yield at(file, 'project.requires-python', `the support of Python ${release} has ended`)
  },
}

const missingReadme: Rule = {
  code: 'WS608',
  severity: 'error',
  title: 'a readme that is not there',
  what: '`readme` in `[project]` names a file that does not exist.',
  consequence: 'The build fails.',
  fix: 'Write the file, or take the key out.',
  source: ['PEP 621: `readme`'],
  traps: ['C4'],
  bad: pyproject('[project]\nname = "demo"\nversion = "1.0"\nreadme = "README.md"\n'),
  good: {
    ...pyproject('[project]\nname = "demo"\nversion = "1.0"\nreadme = "README.md"\n'),
    'README.md': '# demo\n',
  },
  *check({ pyproject: file, surroundings }) {
    const readme = file === undefined ? undefined : tableOf(file)?.['readme']
    const path = typeof readme === 'object' && readme !== null ? (readme as ProjectTable)['file'] : readme
    if (file !== undefined && typeof path === 'string' && !surroundings.hasFile(path))
      yield at(file, 'project.readme', `${path.slice(0, 100)} does not exist`)
  },
}

const VERSION_VARIABLE = /^\$\{?(\w*VERSION)\}?$/

const versionElsewhere: Rule = {
  code: 'WS609',
  severity: 'error',
  title: 'a version that the build does not take',
  what: 'The version in `pyproject.toml` is dynamic, or there is no `[project]`, and the pipeline asks pip for a version of a variable of its own.',
  consequence: 'What is built has another version, and `pip download name==1.0.0` finds nothing.',
  fix: 'Read name and version from the metadata of what was built.',
  source: ['PEP 621: `dynamic`'],
  traps: ['C3'],
  bad: {
    ...pipeline(
      `variables:\n  PACKAGE_VERSION: "1.0.0"\npublish:\n  script:\n    - twine upload dist/*\n    - 'pip download --only-binary=:all: "demo==$PACKAGE_VERSION"'\n  rules:\n    - if: $CI_COMMIT_TAG\n`,
    ),
    ...pyproject('[project]\nname = "demo"\ndynamic = ["version"]\n'),
  },
  good: {
    ...pipeline(
      `variables:\n  PACKAGE_VERSION: "1.0.0"\npublish:\n  script:\n    - twine upload dist/*\n    - 'pip download --only-binary=:all: "demo==$PACKAGE_VERSION"'\n  rules:\n    - if: $CI_COMMIT_TAG\n`,
    ),
    ...pyproject('[project]\nname = "demo"\nversion = "1.0.0"\n'),
  },
  *check(project) {
    const file = project.pyproject
    if (file === undefined || !isVersionElsewhere(file) || ![...inJobs(project)].some(isUpload)) return
    for (const { invocation } of inJobs(project))
      for (const name of askedVersions(invocation))
        if (isFixed(name, project))
          yield at(file, tableOf(file) === undefined ? '' : 'project.dynamic', `the version is not ${name}`)
  },
}

function isVersionElsewhere(file: Pyproject): boolean {
  const dynamic = tableOf(file)?.['dynamic']
  return tableOf(file) === undefined || (Array.isArray(dynamic) && dynamic.includes('version'))
}

/** The variables in `pip download NAME==$VARIABLE`. */
function askedVersions(invocation: Invocation | undefined): readonly string[] {
  if (invocation === undefined || pipVerb(invocation) === undefined) return []
  return invocation.args.flatMap(({ text }) => VERSION_VARIABLE.exec(text.split('==')[1] ?? '')?.[1] ?? [])
}

function isFixed(name: string, project: Project): boolean {
  return [...setVariables(project)].some(
    (one) => one.name === name && /^\d+(?:\.\d+)+/.test(String(one.node.value)),
  )
}

export const pyprojectRules: readonly Rule[] = [
  placeholder,
  oldSetuptools,
  oldPython,
  missingReadme,
  versionElsewhere,
]
