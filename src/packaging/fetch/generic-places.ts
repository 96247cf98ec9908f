import { nameInFileNames } from '../../formats/python/index.ts'
import type { Requirement } from './requirement.ts'

/**
 * Where a GitLab's generic registry may keep the seals of a release, as `PACKAGE/VERSION`, the likeliest first. Which
 * name it is no rule says: the tutorial takes the project's, with its hyphens, for a package with underscores.
 */
export function genericPlaces(
  { name, spelledName, spelledVersion, version }: Requirement,
  projectName: string | undefined,
): readonly string[] {
  const names = [projectName, name, nameInFileNames(name), spelledName].filter((one) => one !== undefined)
  const versions = [version.normal, spelledVersion]
  const places = names.flatMap((one) => versions.map((two) => `${one}/${two}`))
  return [...new Set(places.filter((place) => PLACE.test(place)))]
}

/** The names that the generic registry takes; nothing of a path or a query gets into a URL. */
const PLACE = /^[A-Za-z0-9._+-]+\/(?!.*\.\.)[\w+.-]+$/
