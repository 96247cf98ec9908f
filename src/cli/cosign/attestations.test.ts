import { beforeAll, describe, expect, it } from 'vitest'
import { Secret, sha256, utf8, type JsonValue } from '../../base/index.ts'
import { IN_TOTO } from '../../formats/sigstore/index.ts'
import { createFulcioClient, createRekorClient } from '../../net/index.ts'
import { attestFiles } from '../../sign/index.ts'
import { FULCIO, ISSUER, openSession, openSigstore, REKOR, SAN, type Session } from './arrange.ts'
import { runCosign } from './index.ts'

interface Attestation {
  readonly verification_material: {
    readonly certificate: string
    readonly transparency_entries: readonly JsonValue[]
  }
  readonly envelope: { readonly statement: string; readonly signature: string }
}

const WHEEL = 'demo-1.0-py3-none-any.whl'
let io: Session
let attestation: Attestation
beforeAll(async () => {
  const sigstore = await openSigstore()
  io = openSession(sigstore)
  io.disk.set(WHEEL, utf8('the bytes of a wheel'))
  const [made] = await attestFiles({
    files: [{ name: WHEEL, fileName: WHEEL, sha256: sha256(io.disk.get(WHEEL)!) }],
    kinds: ['publish'],
    token: new Secret(await sigstore.token()),
    audience: 'sigstore',
    clock: io.clock,
    authority: createFulcioClient({ ...io, url: FULCIO }),
    log: createRekorClient({ ...io, url: REKOR }),
  })
  attestation = made!.json as unknown as Attestation
})

/** By whom the flags ask for, logged, and about this very file: it is an attestation, and that alone is wrong. */
describe('an attestation that is given to verify-blob as a bundle', () => {
  const verify = async (bundle: unknown, ...flags: readonly string[]): Promise<number> => {
    io.disk.set('bundle.json', utf8(JSON.stringify(bundle)))
    const who = ['--certificate-identity', SAN, '--certificate-oidc-issuer', ISSUER]
    return runCosign(['verify-blob', '--bundle', 'bundle.json', ...who, ...flags, WHEEL], io)
  }
  const asBundle = (): object => ({
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: {
      certificate: { rawBytes: attestation.verification_material.certificate },
      tlogEntries: attestation.verification_material.transparency_entries,
    },
    dsseEnvelope: {
      payload: attestation.envelope.statement,
      payloadType: IN_TOTO,
      signatures: [{ sig: attestation.envelope.signature }],
    },
  })

  it.each([[[]], [['--new-bundle-format']]])('is refused, with %j', async (flags) => {
    for (const bundle of [asBundle(), attestation]) {
      expect(await verify(bundle, ...flags)).toBe(1)
      expect(io.err()).toContain('is an attestation for the file, not a signature of it')
      expect(io.err()).not.toContain('Verified OK')
    }
  })
})
