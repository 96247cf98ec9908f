import { createCuration, type Curation } from './curation.ts'
import { createGenericPackages, type GenericPackages } from './generic.ts'
import { DEFAULT_LIMITS, type RegistryParts } from './ports.ts'
import { createPackages, type Packages } from './packages.ts'
import { createPypiPackages, type PypiPackages } from './pypi.ts'

export interface Registry {
  readonly pypi: PypiPackages
  readonly generic: GenericPackages
  readonly curation: Curation
  readonly packages: Packages
}

export function createRegistry(parts: RegistryParts): Registry {
  const context = { ...parts, limits: { ...DEFAULT_LIMITS, ...parts.limits } }
  return {
    pypi: createPypiPackages(context),
    generic: createGenericPackages(context),
    curation: createCuration(context),
    packages: createPackages(context),
  }
}
