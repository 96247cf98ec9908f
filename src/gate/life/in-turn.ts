import { gateErrors } from '../errors.ts'

/**
 * At most so many works at once; the others wait until one ends. What nobody waits for any more when its turn comes is
 * not begun, and fails as `gate.upstream`: whoever asks again begins it anew.
 */
export type InTurn = <Result>(isWanted: () => boolean, work: () => Promise<Result>) => Promise<Result>

function createInTurn(atOnce: number): InTurn {
  const waiting: (() => void)[] = []
  let running = 0
  const end = (): void => {
    const next = waiting.shift()
    // Who comes next has the place of who ends: nobody who comes meanwhile gets before them.
    if (next === undefined) running -= 1
    else next()
  }
  return async (isWanted, work) => {
    if (running < atOnce) running += 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      if (!isWanted())
        throw gateErrors('gate.upstream', 'the file was no longer asked for when its turn came; try again')
      return await work()
    } finally {
      end()
    }
  }
}

/** By the key of an upstream: one that is slow is no other one's concern. */
export function createTurns(atOnce: number): (upstreamKey: string) => InTurn {
  const all = new Map<string, InTurn>()
  return (key) => {
    const inTurn = all.get(key) ?? createInTurn(atOnce)
    all.set(key, inTurn)
    return inTurn
  }
}
