import type { Identity } from '../../verify/index.ts'
import type { Pin } from '../facts.ts'
import type { PinEvent } from '../store.ts'
import { signerOf } from './signer.ts'

/** In force; what was forgotten is none. */
export function pinsFrom(events: readonly PinEvent[]): readonly Pin[] {
  let pins: Pin[] = []
  for (const event of events) {
    if (event.kind === 'forgotten') pins = []
    else pins.push(event.pin)
  }
  return pins
}

/** That of who signed. */
export function pinOf(identity: Identity, how: Pick<Pin, 'sinceMs' | 'by' | 'fromFiles'>): Pin {
  const { issuer, repository, repositoryId, workflow, refKind } = signerOf(identity)
  return {
    issuer,
    repository:
      repositoryId === undefined ? { kind: 'uri', value: repository } : { kind: 'id', value: repositoryId },
    shown: repository,
    workflow,
    refKind,
    ...how,
  }
}
