import { describe, expect, it } from 'vitest'
import { utf8Decode, type JsonValue } from '../../base/index.ts'
import { makeTrust, START } from '../../trust/tuf/arrange.ts'
import { chooseService, parseSigningConfig, signingConfig, trustFile } from './index.ts'

const trust = makeTrust(START, 'https://seal.example:7711')
const refusal = (message: string): object =>
  expect.objectContaining({
    code: 'sigstore.signing-config',
    message: expect.stringContaining(message) as string,
  })
const parse = (changes: { readonly [member: string]: JsonValue } = {}) =>
  parseSigningConfig(utf8Decode(trustFile({ ...signingConfig(trust), ...changes })))
const need = { what: 'log', majorApiVersion: 1, nowSeconds: START }
const service = (url: string, start: string, more: object = {}): JsonValue => ({
  ...{ url, majorApiVersion: 1, validFor: { start } },
  ...more,
})
const logs = (...rekorTlogUrls: readonly JsonValue[]) => parse({ rekorTlogUrls: [...rekorTlogUrls] }).logs

describe('parseSigningConfig', () => {
  it('reads the config of a Wheelseal', () => {
    const { authorities, logs: tlogs, timestamps } = parse()
    for (const group of [authorities, tlogs])
      expect(chooseService(group, need).url).toBe('https://seal.example:7711')
    expect(chooseService(timestamps, need).url).toBe('https://seal.example:7711/api/v1/timestamp')
  })

  it('reads a config without timestamp authorities', () => {
    const { tsaChain: _chain, ...withoutTsa } = trust
    const text = utf8Decode(trustFile(signingConfig(withoutTsa)))
    expect(parseSigningConfig(text).timestamps.services).toEqual([])
  })

  it.each<[string, { readonly [member: string]: JsonValue }, string]>([
    [
      'of another version',
      { mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.1+json' },
      'mediaType',
    ],
    ['with an address that is none', { caUrls: [{ url: 7 }] }, 'caUrls.0.url'],
    ['with a time that is none', { caUrls: [service('x', 'soon')] }, 'caUrls.0.validFor.start'],
    ['with a selector of its own', { tsaConfig: { selector: 'SOME' } }, 'tsaConfig.selector'],
  ])('refuses one %s, and names the place', (_what, changes, place) => {
    expect(() => parse(changes)).toThrow(refusal(place))
  })

  it('refuses what is no JSON', () => {
    expect(() => parseSigningConfig('{')).toThrow(refusal('not a signing config'))
  })
})

describe('chooseService', () => {
  it('takes the newest of those that are valid now and of the version', () => {
    const group = logs(
      service('old', '2001-01-01T00:00:00Z'),
      service('newest', '2002-01-01T00:00:00Z'),
      service('future', '2100-01-01T00:00:00Z'),
      service('ended', '2003-01-01T00:00:00Z', {
        validFor: { start: '2003-01-01T00:00:00Z', end: '2004-01-01T00:00:00Z' },
      }),
      service('version 2', '2003-01-01T00:00:00Z', { majorApiVersion: 2 }),
    )
    expect(chooseService(group, need).url).toBe('newest')
  })

  it('refuses when there is none', () => {
    const group = logs(service('future', '2100-01-01T00:00:00Z'))
    expect(() => chooseService(group, need)).toThrow(refusal('no log of version 1 is valid now'))
  })

  it.each([{ selector: 'ALL' }, { selector: 'EXACT', count: 2 }])(
    'refuses to use one where %j',
    (rekorTlogConfig) => {
      const services = ['a', 'b'].map((url) => service(url, '2001-01-01T00:00:00Z'))
      const group = parse({ rekorTlogUrls: services, rekorTlogConfig }).logs
      expect(() => chooseService(group, need)).toThrow(refusal('2 services must be used'))
    },
  )
})
