import { isoTimeMs, type Clock, type Log } from '../../base/index.ts'
import { systemClock } from '../../host/index.ts'
import type { IssuerAdmin } from '../../http/index.ts'
import type { IssuerKeys } from '../keys/issuer-keys.ts'

/** The rotation of the issuer's key, as commands ask for it. */
export function issuerAdmin(keys: IssuerKeys, log: Log, clock: Clock = systemClock): IssuerAdmin {
  const state = () =>
    keys
      .ring()
      .published(clock.nowMs())
      .map(({ key: { id }, role, untilMs }) =>
        untilMs === undefined ? { id, role } : { id, role, until: isoTimeMs(untilMs) },
      )
  return {
    keys: state,
    rotate: async (how) => {
      await keys.rotate(how)
      log.event('issuer.key-rotation', { how, keys: state().length })
    },
  }
}
