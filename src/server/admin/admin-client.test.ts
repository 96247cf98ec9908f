import { expect, it } from 'vitest'
import { utf8 } from '../../base/index.ts'
import { gateErrors } from '../../gate/index.ts'
import { callerOf } from './admin-client.ts'

it.each([
  ['gate.approve', gateErrors('gate.approve', 'x').exit],
  ['gate.unknown', gateErrors('gate.unknown', 'x').exit],
  ['newer.code', 1],
])('%s of a server ends a command as if it had been thrown here: with %i', async (code, exit) => {
  const text = JSON.stringify({ code, message: 'no', hint: 'do' })
  const bytes = utf8(text)
  const answer = { text: async () => text, bytes: async () => bytes, body: ReadableStream.from([bytes]) }
  const call = callerOf({ request: async () => ({ status: 400, headers: {}, ...answer }) })
  await expect(call('GET', '/admin/gates')).rejects.toMatchObject({ code, exit, message: 'no', hint: 'do' })
})
