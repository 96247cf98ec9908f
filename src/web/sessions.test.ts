import { expect, it } from 'vitest'
import { Secret } from '../base/index.ts'
import { systemEntropy } from '../host/index.ts'
import { Sessions } from './sessions.ts'

const clock = { nowMs: () => 0, sleep: async () => undefined }

it('of more sessions than the server has room for, the oldest ends', () => {
  const sessions = new Sessions({ clock, entropy: systemEntropy }, { all: 2, ofOneToken: 2 })
  const ids = [1, 2, 3].map((tokenId) => sessions.open(new Secret(`token ${tokenId}`), tokenId))
  expect(ids.map((id) => sessions.tokenOf(id)?.reveal())).toEqual([undefined, 'token 2', 'token 3'])
})
