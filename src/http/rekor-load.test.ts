import { describe, expect, it } from 'vitest'
import { silentLog } from '../host/index.ts'
import { proposedHashedRekord } from '../formats/sigstore/index.ts'
import { newEntry, newRekor } from '../trust/rekor/arrange.ts'
import type { Rekor } from '../trust/rekor/index.ts'
import { rekorRoutes } from './rekor.ts'

const ENTRIES = '/api/v1/log/entries'

function post(rekor: Rekor, path: string, body: unknown) {
  const headers = { 'content-type': 'application/json' }
  const request = { method: 'POST', headers, body: JSON.stringify(body) }
  return rekorRoutes(rekor, silentLog).request(path, request)
}

/** A proposed envelope, whatever it holds. */
function dsse(envelope: string) {
  return { apiVersion: '0.0.1', kind: 'dsse', spec: { proposedContent: { envelope, verifiers: ['AA=='] } } }
}

describe('what one request may cost', () => {
  it.each([
    ['the proposal', (numbers: number[]) => ({ kind: 'dsse', spec: numbers })],
    ['the envelope', (signatures: number[]) => dsse(JSON.stringify({ payload: 'AA==', signatures }))],
  ])('reads no further than some thousand values of %s', async (_name, withList) => {
    const answer = await post(await newRekor(), ENTRIES, withList(Array.from({ length: 10_001 }, () => 1)))
    expect(answer.status).toBe(400)
    expect(await answer.text()).toMatch(/more than 10*00 values/)
  })

  it('lets others have their turn after each entry', async () => {
    let turns = 0
    let immediate: NodeJS.Immediate
    const turn = (): void => {
      turns += 1
      immediate = setImmediate(turn)
    }
    turn()
    const turnsAtFind: number[] = []
    const find = async (): Promise<undefined> => void turnsAtFind.push(turns)
    const rekor = Object.assign(Object.create(await newRekor()) as Rekor, { find })
    const entries = Array.from({ length: 10 }, (_, at) => proposedHashedRekord(newEntry(`file ${at}`)))
    const answer = await post(rekor, `${ENTRIES}/retrieve`, { entries })
    clearImmediate(immediate!)
    expect(await answer.json()).toEqual([])
    expect(new Set(turnsAtFind).size).toBe(10)
  })
})
