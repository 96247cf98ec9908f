import { isName, parseVersion } from '../../formats/python/index.ts'
import { initErrors } from '../errors.ts'
import type { ProjectFacts } from './style.ts'
import { readToml, tableIn, withSettings, type Setting, type Table } from './toml.ts'

export interface PackageNames {
  /** For a project that has none. */
  readonly name: string
  /** The page of the project on its GitLab, where that is known. */
  readonly homepage: string | undefined
}

export const FIRST_VERSION = '0.1.0'

export const SETUPTOOLS = [
  { table: ['build-system'], key: 'requires', value: ['setuptools>=61'] },
  { table: ['build-system'], key: 'build-backend', value: 'setuptools.build_meta' },
] as const satisfies readonly Setting[]

const POETRY = [
  { table: ['build-system'], key: 'requires', value: ['poetry-core>=1.9'] },
  { table: ['build-system'], key: 'build-backend', value: 'poetry.core.masonry.api' },
] as const satisfies readonly Setting[]

/**
 * The text with what a build needs and the project does not say: usually nothing. A version that the back end finds out
 * stays its own. Throws `init.pyproject`, and `init.not-a-package` for a project that says that it is none.
 */
export function amendPyproject(text: string, names: PackageNames, facts: ProjectFacts): string {
  const value = readToml(text)
  const settings = settingsFor(value, names, facts)
  return settings.length === 0 ? text : withSettings(text, settings)
}

function settingsFor(value: Table, names: PackageNames, facts: ProjectFacts): readonly Setting[] {
  const project = tableIn(value, 'project')
  const poetry = tableIn(tableIn(value, 'tool') ?? {}, 'poetry')
  if (poetry?.['package-mode'] === false)
    throw initErrors(
      'init.not-a-package',
      'tool.poetry.package-mode is false: nothing is built of this project',
      {
        hint: 'remove package-mode from pyproject.toml if the project is to be released',
      },
    )
  if (project !== undefined) return [...forProject(project, names, facts), ...backEnd(value, facts, poetry)]
  const isElsewhere = poetry !== undefined || facts.hasFile('setup.cfg') || facts.hasFile('setup.py')
  if (isElsewhere || value['build-system'] !== undefined) return backEnd(value, facts, poetry)
  return [...SETUPTOOLS, ...identityOf(names)]
}

/** Throws `init.name`. */
export function nameFor({ name }: PackageNames): string {
  if (isName(name)) return name
  throw initErrors('init.name', `${name} is not the name of a package`)
}

export function identityOf(names: PackageNames): readonly Setting[] {
  return [
    { table: ['project'], key: 'name', value: nameFor(names) },
    { table: ['project'], key: 'version', value: FIRST_VERSION },
  ]
}

/** With a `setup.py` the old back end is the one that the project was written for. */
function backEnd(value: Table, { hasFile }: ProjectFacts, poetry: Table | undefined): readonly Setting[] {
  if (value['build-system'] !== undefined || hasFile('setup.py')) return []
  return poetry === undefined ? SETUPTOOLS : POETRY
}

function forProject(project: Table, names: PackageNames, facts: ProjectFacts): readonly Setting[] {
  const { name, version, dynamic } = project
  const set = (key: string, value: string): Setting => ({ table: ['project'], key, value })
  const isDynamic = Array.isArray(dynamic) && dynamic.includes('version')
  const isVersionMissing = version === undefined && !isDynamic && !facts.hasFile('setup.py')
  return [
    ...(name === undefined || isPlaceholder(name, isName) ? [set('name', nameFor(names))] : []),
    ...(isVersionMissing || isPlaceholder(version, isVersion)
      ? [set('version', versioned(version) ?? FIRST_VERSION)]
      : []),
    ...homepages(tableIn(project, 'urls') ?? {}, names),
  ]
}

/** `<my_package>`, as instructions have it. */
function isPlaceholder(value: unknown, isValid: (text: string) => boolean): value is string {
  return typeof value === 'string' && /^<.*>$/.test(value) && !isValid(value)
}

function versioned(placeholder: unknown): string | undefined {
  const inner = typeof placeholder === 'string' ? placeholder.slice(1, -1) : ''
  return isVersion(inner) ? inner : undefined
}

function isVersion(text: string): boolean {
  try {
    parseVersion(text)
    return true
  } catch {
    return false
  }
}

/** Where the home of the project is not known, a placeholder stays, and is a finding of `lint`. */
function homepages(urls: Table, { homepage }: PackageNames): readonly Setting[] {
  if (homepage === undefined) return []
  return Object.entries(urls).flatMap(([key, url]) =>
    typeof url === 'string' && /<[^<>]*>/.test(url)
      ? [{ table: ['project', 'urls'], key, value: pageFor(key, homepage) }]
      : [],
  )
}

function pageFor(key: string, homepage: string): string {
  return /issue|bug|tracker/i.test(key) ? `${homepage}/-/issues` : homepage
}
