import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../base/index.ts'

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: async (ms, signal) => {
    await wait(ms, undefined, signal === undefined ? {} : { signal })
  },
}
