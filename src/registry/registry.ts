import { createCuration, type Curation } from './curation.ts'
import { createGenericPackages, type GenericPackages } from './generic.ts'
import { turns } from './in-turn.ts'
import { DEFAULT_LIMITS, type RegistryParts } from './ports.ts'
import { createPackages, type Packages } from './packages.ts'
import { createPypiPackages, type PypiPackages } from './pypi.ts'

/** Each unpacks on a thread of the four that files are read and written by, too. */
const CHECKS_AT_ONCE = 2

export interface Registry {
  readonly pypi: PypiPackages
  readonly generic: GenericPackages
  readonly curation: Curation
  readonly packages: Packages
}

export function createRegistry(parts: RegistryParts): Registry {
  const limits = { ...DEFAULT_LIMITS, ...parts.limits }
  const context = { ...parts, limits, inTurn: turns(CHECKS_AT_ONCE) }
  return {
    pypi: createPypiPackages(context),
    generic: createGenericPackages(context),
    curation: createCuration(context),
    packages: createPackages(context),
  }
}
