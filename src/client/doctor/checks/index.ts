import type { Check } from '../check.ts'
import { clockCheck } from './clock.ts'
import { dataCheck } from './data.ts'
import { gateCheck } from './gate.ts'
import { identityCheck } from './identity.ts'
import { keysCheck } from './keys.ts'
import { logCheck } from './log.ts'
import { cosignCheck, executorsCheck, pythonCheck, runtimeCheck } from './machine.ts'
import { authoritiesCheck, proxiesCheck, servicesCheck } from './network.ts'
import { packageCheck } from './package.ts'
import { registryCheck } from './registry.ts'
import { releaseCheck } from './release.ts'
import { sealsCheck } from './seals.ts'
import { settingsCheck } from './settings.ts'
import { signingCheck } from './signing.ts'
import { tokenCheck } from './token.ts'
import { trustRootCheck } from './trust-root.ts'
import { variablesCheck } from './variables.ts'

/** In the order of `CHECK_NAMES`; a test compares. */
export const checks: readonly Check[] = [
  runtimeCheck,
  pythonCheck,
  cosignCheck,
  executorsCheck,
  dataCheck,
  settingsCheck,
  variablesCheck,
  proxiesCheck,
  authoritiesCheck,
  clockCheck,
  servicesCheck,
  trustRootCheck,
  keysCheck,
  logCheck,
  tokenCheck,
  identityCheck,
  signingCheck,
  packageCheck,
  registryCheck,
  releaseCheck,
  sealsCheck,
  gateCheck,
]
