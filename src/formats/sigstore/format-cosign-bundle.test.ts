import { expect, it } from 'vitest'
import { entry, leaf, signature } from '../../verify/arrange.ts'
import { formatCosignBundle, parseSeals } from './index.ts'

it('writes the old bundle of cosign, which parseSeals reads back', () => {
  const { uuid: _uuid, inclusionProof: _proof, ...promised } = entry
  const text = JSON.stringify(formatCosignBundle({ signature, certificate: leaf.der, entry }))
  expect(parseSeals(text)).toEqual([
    { format: 'cosign bundle', signature, certificate: leaf.der, entries: [promised], timestamps: [] },
  ])
  expect(text).toMatch(
    /^\{"base64Signature":"[^"]+","cert":"[^"]+","rekorBundle":\{"SignedEntryTimestamp":"[^"]+","Payload":\{"body":"[^"]+","integratedTime":\d+,"logIndex":\d+,"logID":"[0-9a-f]{64}"\}\}\}$/,
  )
})
