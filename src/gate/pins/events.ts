import type { Pin } from '../facts.ts'
import type { PinEvent } from '../store.ts'
import { pinKey } from './learn.ts'

export interface KnownPins {
  /** Those with the newest history first. */
  readonly pins: readonly Pin[]
  /** When all pins before were ended last: nothing older is learned from again. */
  readonly forgottenAtMs?: number
}

/** The pins of one name, from its events, oldest first. A pin that a person has approved counts as theirs. */
export function pinsFrom(events: readonly PinEvent[]): KnownPins {
  const pins = new Map<string, Pin>()
  let forgottenAtMs: number | undefined
  for (const event of events) {
    if (event.kind === 'forgotten') {
      pins.clear()
      forgottenAtMs = event.atMs
      continue
    }
    const key = pinKey(event.pin)
    if (event.kind === 'approved' || !pins.has(key)) pins.set(key, event.pin)
  }
  const newest = [...pins.values()].toSorted((a, b) => b.sinceMs - a.sinceMs)
  return { pins: newest, ...(forgottenAtMs === undefined ? {} : { forgottenAtMs }) }
}
