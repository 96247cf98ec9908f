import { setImmediate as othersTurn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { patiently } from './patience.ts'

const failure = (errcode: number): Error => Object.assign(new Error('what SQLite says'), { errcode })

/** Fails so often, then succeeds. */
function failing(
  times: number,
  error: Error,
): { readonly statement: () => string; readonly calls: () => number } {
  let calls = 0
  const statement = (): string => {
    calls += 1
    if (calls <= times) throw error
    return 'done'
  }
  return { statement, calls: () => calls }
}

it('runs a statement again while the file is held, and lets others go on meanwhile', async () => {
  let others = 0
  const done = patiently(failing(20, failure(5)).statement)
  for (let turn = 0; turn < 10; turn += 1) {
    await othersTurn()
    others += 1
  }
  expect(await done).toBe('done')
  expect(others).toBe(10)
})

it('gives up on a file that nobody lets go of', async () => {
  const { statement, calls } = failing(Infinity, failure(261))
  await expect(patiently(statement)).rejects.toMatchObject({ code: 'storage.busy', status: 503 })
  expect(calls()).toBe(500)
})

it('does not try again what fails for another reason', async () => {
  const { statement, calls } = failing(1, failure(10))
  await expect(patiently(statement)).rejects.toMatchObject({ code: 'storage.broken' })
  expect(calls()).toBe(1)
})
