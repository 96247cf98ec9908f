import { describe, expect, it } from 'vitest'
import { NOW, pin } from '../decide/arrange.ts'
import type { Pin } from '../facts.ts'
import type { PinEvent } from '../store.ts'
import { pinsFrom } from './events.ts'

const event = { gate: 'prod', name: 'demo', by: 'ann', why: '' }

function learned(atMs: number, changes: Partial<Pin> = {}): PinEvent {
  return { ...event, kind: 'learned', atMs, pin: { ...pin, ...changes } }
}

function approved(atMs: number): PinEvent {
  return { ...event, kind: 'approved', atMs, pin: { ...pin, by: 'ann' } }
}

const forgotten: PinEvent = { ...event, kind: 'forgotten', atMs: 5 }

describe('the events of pins', () => {
  it('add up, the newest history first', () => {
    const events = [learned(1), learned(2, { repository: { kind: 'id', value: '8' }, sinceMs: NOW })]
    expect(pinsFrom(events).pins.map(({ repository }) => repository.value)).toEqual(['8', '7'])
  })

  it('add no pin twice, and one that a person approved is theirs', () => {
    expect(pinsFrom([learned(1), approved(2), learned(3)]).pins.map(({ by }) => by)).toEqual(['ann'])
  })

  it('end all pins at once, and those that follow stay', () => {
    expect(pinsFrom([learned(1), forgotten])).toEqual({ pins: [], forgottenAtMs: 5 })
    expect(pinsFrom([learned(1), forgotten, approved(6)]).pins.map(({ by }) => by)).toEqual(['ann'])
  })
})
