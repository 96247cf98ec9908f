import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseJson, sha256, utf8Decode } from '../../src/base/index.ts'
import { info, leaf as tsa, leafKey as tsaKey } from '../../src/formats/timestamp/arrange.ts'
import {
  buildTimestampRejection,
  buildTimestampResponse,
  messageImprint,
  parseTimestampResponse,
} from '../../src/formats/timestamp/index.ts'
import { clientTrustConfig, trustFile } from '../../src/formats/sigstore/index.ts'
import { intermediate, leafKey, makeLeaf, root, sct } from '../../src/formats/x509/arrange.ts'
import {
  embeddedScts,
  fulcioExtension,
  parseCertificate,
  subjectAlternativeNames,
} from '../../src/formats/x509/index.ts'

const RUNS = { numRuns: 40 }
const bytes = (minLength: number, maxLength: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength, maxLength })
/** Without a leading zero or sign, as a serial number is written. */
const serials = bytes(20, 20).map((serial) => serial.with(0, (serial[0]! & 0x3f) | 0x40))
const seconds = fc.integer({ min: 0, max: 200_000_000_000 })

describe('what is built is read as it was meant', () => {
  it('a leaf with its SCT', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 })
    const uri = fc.webUrl({ size: 'large' })
    const timestampMs = fc.nat({ max: Number.MAX_SAFE_INTEGER })
    const parts = fc.record({
      serial: serials,
      notBeforeSeconds: seconds,
      uri,
      text,
      timestampMs,
      extensions: bytes(0, 300),
    })
    fc.assert(
      fc.property(
        parts,
        ({ serial, notBeforeSeconds, uri: name, text: value, timestampMs: at, extensions }) => {
          const notAfterSeconds = notBeforeSeconds + 600
          const request = {
            serial,
            notBeforeSeconds,
            notAfterSeconds,
            uri: name,
            extensions: [
              { arc: 1, value },
              { arc: 9, value },
            ],
          }
          const stamp = { ...sct, timestampMs: at, extensions }
          const certificate = parseCertificate(makeLeaf(intermediate, request).complete([stamp]))
          expect(certificate).toMatchObject({ serial, notBeforeSeconds, notAfterSeconds, spki: leafKey.spki })
          expect(subjectAlternativeNames(certificate)).toEqual([{ kind: 'uri', value: name }])
          expect([1, 9].map((arc) => fulcioExtension(certificate, arc))).toEqual([value, value])
          expect(embeddedScts(certificate)).toEqual([stamp])
        },
      ),
      RUNS,
    )
  })

  it('a timestamp', () => {
    const nonce = fc.option(serials, { nil: undefined })
    const parts = fc.record({
      serial: serials,
      timeSeconds: seconds,
      nonce,
      message: bytes(0, 100),
      isSentAlong: fc.boolean(),
    })
    fc.assert(
      fc.property(parts, ({ message, isSentAlong, ...changes }) => {
        const built = { ...info, ...changes, imprint: messageImprint('sha256', sha256(message)) }
        const certificates = isSentAlong ? [tsa.der, root.der] : []
        const response = parseTimestampResponse(
          buildTimestampResponse({ info: built, signer: tsa, key: tsaKey.key, certificates }),
        )
        expect(response).toMatchObject({ isGranted: true, token: { info: built } })
        if (response.isGranted) expect(new Set(response.token.certificates)).toEqual(new Set(certificates))
      }),
      RUNS,
    )
  })

  it('a refused timestamp', () => {
    const failures = fc.constantFrom(
      'badAlg',
      'badRequest',
      'badDataFormat',
      'unacceptedPolicy',
      'systemFailure',
    )
    fc.assert(
      fc.property(failures, fc.string({ unit: 'grapheme' }), (failure, text) => {
        const response = parseTimestampResponse(buildTimestampRejection(failure, text))
        expect(response).toEqual({ isGranted: false, status: 2, text, failures: [failure] })
      }),
      RUNS,
    )
  })

  it('a trust configuration', () => {
    const parts = fc.record({
      url: fc.webUrl({ validSchemes: ['https'] }),
      validFromSeconds: fc.integer({ min: 86_400, max: 4_000_000_000 }),
    })
    fc.assert(
      fc.property(parts, (changes) => {
        const chain = [intermediate.der, root.der]
        const document = clientTrustConfig({ ...changes, chain, rekor: leafKey.spki, ct: leafKey.spki })
        expect(parseJson(utf8Decode(trustFile(document)))).toEqual(document)
      }),
      RUNS,
    )
  })
})
