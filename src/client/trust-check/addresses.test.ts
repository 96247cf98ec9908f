import { expect, it } from 'vitest'
import type { TrustFiles } from '../../http/index.ts'
import { checkAddress } from './addresses.ts'

it('an address is reported without the login that is in it', () => {
  const instance = { url: 'https://seal.example', trust: {} as TrustFiles }
  const env = { COSIGN_REKOR_URL: 'https://ada:pass-word@log.example/rekor' }
  expect(checkAddress('COSIGN_REKOR_URL', { env }, instance)).toMatchObject({
    setting: { state: 'wrong', value: 'https://log.example/rekor' },
    elsewhere: ['https://log.example/rekor'],
  })
})
