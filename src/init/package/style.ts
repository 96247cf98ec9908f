/** What a project says of itself, and in which file. */
export type PackageStyle =
  /** `pyproject.toml`, whatever is in it. */
  | 'pyproject'
  /** `setup.py`, with which a build front end needs nothing else. */
  | 'setup.py'
  /** `setup.cfg` alone, which no build front end takes without a `pyproject.toml`. */
  | 'setup.cfg'
  /** Python files, and nothing that makes a package of them. */
  | 'modules'
  | 'empty'

export interface ProjectFacts {
  readonly hasFile: (path: string) => boolean
  /** Whether there are Python files at the top, in a package at the top, or below `src`. */
  readonly hasModules: boolean
  /** Nothing but what a new repository has: a README, a licence, hidden files. */
  readonly isEmpty: boolean
}

/** Undefined where there is nothing that could become a package. */
export function styleOf({ hasFile, hasModules, isEmpty }: ProjectFacts): PackageStyle | undefined {
  for (const style of ['pyproject', 'setup.py', 'setup.cfg'] as const)
    if (hasFile(style === 'pyproject' ? 'pyproject.toml' : style)) return style
  if (isEmpty) return 'empty'
  return hasModules ? 'modules' : undefined
}
