import { join } from 'node:path'
import type { Aim, ClientKind, Instance, Place, Steps } from './aim.ts'
import { aimCosign2, cosign2Steps, KEY_VARIABLES } from './cosign-2.ts'
import { aimCosign3, cosign3Steps } from './cosign-3.ts'
import { aimRekorCli, rekorSteps } from './rekor-cli.ts'
import { aimSigstorePython, pythonSteps } from './sigstore-python.ts'

interface Corrected {
  readonly steps: Steps
  readonly set: Readonly<Record<string, string>>
}

interface StockClient {
  /** As this user has it. */
  aim(place: Place, instance: Instance): Promise<Aim>
  /** As the documentation has it, with an export that is new. */
  corrected(instance: Instance, exported: string): Corrected
}

export const CLIENTS: Readonly<Record<ClientKind, StockClient>> = {
  'cosign 2': {
    aim: aimCosign2,
    corrected: (instance, exported) => {
      const files = KEY_VARIABLES.map(([name, , file]) => [name, join(exported, file)])
      const set = { ...Object.fromEntries(files), COSIGN_REKOR_URL: instance.url }
      return { steps: cosign2Steps(instance, set), set }
    },
  },
  'cosign 3': {
    aim: aimCosign3,
    corrected: (_instance, exported) => {
      const files = {
        trustedRoot: join(exported, 'trusted_root.json'),
        signingConfig: join(exported, 'signing_config.json'),
      }
      return { steps: cosign3Steps(files, {}), set: {} }
    },
  },
  'sigstore-python': {
    aim: aimSigstorePython,
    corrected: (instance, exported) => ({
      steps: pythonSteps(join(exported, 'trust_config.json'), instance),
      set: {},
    }),
  },
  'rekor-cli': {
    aim: aimRekorCli,
    corrected: (instance) => ({
      steps: rekorSteps(instance, {}),
      set: { REKOR_REKOR_SERVER_PUBLIC_KEY: instance.trust.rekor },
    }),
  },
}
