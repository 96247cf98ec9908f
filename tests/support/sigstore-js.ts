import { readFile, writeFile } from 'node:fs/promises'
import { bundleFromJSON, bundleToJSON } from '@sigstore/bundle'
import { SigningConfig, TrustedRoot } from '@sigstore/protobuf-specs'
import { bundleBuilderFromSigningConfig } from '@sigstore/sign'
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify'
import type { Outcome } from './program.ts'

interface Signing {
  readonly signingConfig: string
  readonly token: string
  readonly data: Uint8Array
  /** Media type of `data` for a DSSE envelope; a signature over the file without it. */
  readonly envelopeOf?: string
  readonly bundle: string
}

/** What a program around sigstore-js would do with a signing config, and how it would end. */
export function signWithJs({ signingConfig, token, data, envelopeOf, bundle }: Signing): Promise<Outcome> {
  return asOutcome(async () => {
    const builder = bundleBuilderFromSigningConfig({
      signingConfig: SigningConfig.fromJSON(await readJson(signingConfig)),
      identityProvider: { getToken: async () => token },
      bundleType: envelopeOf === undefined ? 'messageSignature' : 'dsseEnvelope',
    })
    const type = envelopeOf === undefined ? {} : { type: envelopeOf }
    const signed = await builder.create({ data: Buffer.from(data), ...type })
    await writeFile(bundle, JSON.stringify(bundleToJSON(signed)))
  })
}

interface Verification {
  readonly trustedRoot: string
  readonly bundle: string
  readonly data: Uint8Array
  readonly identity: string
  readonly issuer: string
}

export function verifyWithJs(asked: Verification): Promise<Outcome> {
  return asOutcome(async () => {
    const verifier = new Verifier(toTrustMaterial(TrustedRoot.fromJSON(await readJson(asked.trustedRoot))))
    const entity = toSignedEntity(bundleFromJSON(await readJson(asked.bundle)), Buffer.from(asked.data))
    verifier.verify(entity, {
      subjectAlternativeName: exactly(asked.identity),
      extensions: { issuer: asked.issuer },
    })
  })
}

/** sigstore-js compares names as patterns. */
export function exactly(name: string): string {
  return `^${name.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)}$`
}

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, 'utf8'))
}

/** A library's call as the programs of the other clients are: a thrown error is exit code 1. */
export async function asOutcome(work: () => Promise<unknown>): Promise<Outcome> {
  try {
    await work()
    return { code: 0, stdout: '', stderr: '' }
  } catch (error) {
    return { code: 1, stdout: '', stderr: describe(error) }
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : `: ${describe(error.cause)}`
  return `${error.name}: ${error.message}${cause}`
}
