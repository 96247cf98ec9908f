import { packagingErrors } from '../errors.ts'
import type { LocalDistribution, LocalFile, PublishPorts, SideFile, UploadAnswer } from './ports.ts'
import { refusal } from './refusal.ts'
import { isSideFileStored, stateOf, takenFact } from './stored.ts'

const ATTEMPTS = 4
const FIRST_PAUSE_MS = 1_000

/** Whether the registry has the file now. Throws `packaging.taken` where it has another. */
type Ask = () => Promise<boolean>

/** Stored when it resolves, once however often it had to be tried. Throws `packaging.taken`, `packaging.upload`. */
export const uploadOnce = {
  distribution: (file: LocalDistribution, ports: PublishPorts): Promise<void> =>
    upload(file, ports, {
      send: () => ports.registry.upload(file),
      isThere: async () => {
        const state = stateOf(file, await ports.registry.list(file.distribution.name))
        if (typeof state === 'object')
          throw packagingErrors('packaging.taken', takenFact(file, ports.registry, state))
        return state === 'stored'
      },
    }),
  sideFile: (file: SideFile, ports: PublishPorts): Promise<void> =>
    upload(file, ports, {
      send: () => ports.registry.uploadSideFile(file),
      isThere: () => isSideFileStored(file, ports.registry),
      hint: 'the registry has a different seal of this file and takes no second one: verify that one, or have it deleted',
    }),
} as const

interface Steps {
  readonly send: () => Promise<UploadAnswer>
  readonly isThere: Ask
  /** Where another file there does not mean that the version is used. */
  readonly hint?: string
}

async function upload(file: LocalFile, { registry, clock }: PublishPorts, steps: Steps): Promise<void> {
  const { send, isThere, hint } = steps
  for (let attempt = 1; ; attempt += 1) {
    const answer = await send()
    if (answer.kind === 'stored') return
    if (answer.kind === 'refused') throw refusal(file, registry.name, answer)
    // Also after an answer that it is taken: by an attempt of ours whose answer was lost, perhaps.
    if (answer.kind === 'taken') {
      if (await isThere()) return
      throw packagingErrors(
        'packaging.taken',
        `${registry.name} refuses ${file.fileName}: ${answer.words}`,
        hint === undefined ? {} : { hint },
      )
    }
    if (attempt === ATTEMPTS)
      throw packagingErrors(
        'packaging.upload',
        `${registry.name} did not take ${file.fileName} in ${ATTEMPTS} attempts: ${answer.words}`,
      )
    await clock.sleep(pauseMs(attempt, answer.retryAfterMs))
    if (await isThere()) return
  }
}

function pauseMs(attempt: number, asked: number | undefined): number {
  return asked ?? FIRST_PAUSE_MS * 2 ** (attempt - 1)
}
