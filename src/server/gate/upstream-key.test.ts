import { expect, it } from 'vitest'
import { indexKey, registryKey } from './upstream-key.ts'

const place = { url: 'https://gitlab.example/simple', seals: 'generic' } as const

it('tells upstreams apart by all that decides what is found there, the login included', () => {
  const keys = [
    indexKey(place),
    indexKey({ ...place, seals: 'none' }),
    indexKey({ ...place, provenanceUrl: 'https://gitlab.example/{name}' }),
    indexKey(place, { username: 'ann' }),
    indexKey(place, { username: 'ben' }),
    registryKey(place.url),
  ]
  expect(new Set(keys).size).toBe(keys.length)
  expect(indexKey({ ...place }, { username: 'ann' })).toBe(keys[3])
})
