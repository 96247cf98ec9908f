import { expect, it } from 'vitest'
import { closedBy, shortageOf } from './shortage.ts'

const failed = (code: string, more = {}): Error =>
  Object.assign(new Error(`${code}: '/srv/data'`), { code, ...more })

it.each([
  ['the call that failed', failed('ENOSPC', { syscall: 'write' }), 'the disk is full (ENOSPC in write)'],
  [
    'the code alone of what another room says in words',
    new Error('the disk is full: the database cannot be written', { cause: failed('ENOSPC') }),
    'the disk is full (ENOSPC)',
  ],
  ['too many files', failed('EMFILE', { syscall: 'open' }), 'too many files are open (EMFILE in open)'],
  ['another call', failed('EIO', { syscall: 'fsync' }), 'an earlier commit failed: EIO in fsync'],
  ['another failure', new Error('it went wrong'), 'an earlier commit failed: it went wrong'],
])('a log that is closed says why in one sentence: %s', (_what, error, message) => {
  expect(closedBy(error).message).toBe(message)
})

it('what passes by itself is known, however deep it lies', () => {
  const wrapped = new Error('no room', { cause: new Error('written', { cause: failed('EDQUOT') }) })
  expect([shortageOf(wrapped), shortageOf(failed('EIO'))]).toEqual(['space', undefined])
})
