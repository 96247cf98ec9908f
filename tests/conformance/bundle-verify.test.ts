import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sha256Hex, WheelsealError } from '../../src/base/index.ts'
import { present } from '../support/judges.ts'
import { argumentsOf, cases, readCase, readCases, sigstoreJs } from './cases.ts'
import { trustedRoots, verify } from './client.ts'

/** Why each case is refused: not just that it is. */
const REASONS: Readonly<Record<string, string>> = {
  'bundle-empty-certificate-chain_fail': 'verify.bundle',
  'bundle-from-wrong-instance_fail': 'verify.chain',
  'bundle-invalid-base64-signature_fail': 'verify.bundle',
  'bundle-malformed-json_fail': 'verify.bundle',
  'bundle-negative-log-index_fail': 'verify.bundle',
  'bundle-unknown-version_fail': 'verify.bundle',
  'bundle-with-root-cert_fail': 'verify.bundle',
  'checkpoint-bad-keyhint_fail': 'verify.checkpoint',
  'checkpoint-wrong-roothash_fail': 'verify.checkpoint',
  'dsse-invalid-sig_fail': 'verify.signature',
  'dsse-mismatch-envelope_fail': 'verify.entry',
  'dsse-mismatch-sig_fail': 'verify.entry',
  'inclusion-proof-corrupted-hash_fail': 'verify.inclusion',
  'incorrect-public-key_fail': 'verify.entry',
  'integrated-time-in-future_fail': 'verify.time',
  'intoto-expired-certificate_fail': 'verify.chain',
  'intoto-log-entry-mismatch_fail': 'verify.entry',
  'intoto-missing-inclusion-proof_fail': 'verify.bundle',
  'intoto-set-outside-signing-cert-validity_fail': 'verify.time',
  'intoto-tsa-timestamp-outside-cert-validity_fail': 'verify.time',
  'invalid-checkpoint-signature_fail': 'verify.checkpoint',
  'invalid-ct-key_fail': 'verify.sct',
  'invalid-inclusion-proof_fail': 'verify.bundle',
  'managed-key-no-key_fail': 'verify.key',
  // The key file of the case is no key.
  'managed-key-wrong-key_fail': 'x509.malformed',
  'message-digest-mismatch_fail': 'verify.signature',
  'rekor2-checkpoint-missing-log-signature_fail': 'verify.checkpoint',
  'rekor2-checkpoint-missing-origin_fail': 'verify.checkpoint',
  'rekor2-checkpoint-missing-root-hash_fail': 'verify.checkpoint',
  'rekor2-checkpoint-missing-size_fail': 'verify.checkpoint',
  'rekor2-checkpoint-no-matching-signature_fail': 'verify.checkpoint',
  'rekor2-dsse-invalid-sig_fail': 'verify.signature',
  'rekor2-dsse-mismatch-envelope_fail': 'verify.entry',
  'rekor2-dsse-mismatch-sig_fail': 'verify.entry',
  'rekor2-no-inclusion-proof_fail': 'verify.bundle',
  'rekor2-no-timestamp_fail': 'verify.time',
  'rekor2-timestamp-outside-trust-root-tsa-validity_fail': 'verify.timestamp',
  'rekor2-timestamp-outside-tsa-cert-validity_fail': 'verify.timestamp',
  'rekor2-timestamp-payload-mismatch_fail': 'verify.timestamp',
  'rekor2-timestamp-untrusted-tsa-with-embedded-cert_fail': 'verify.timestamp',
  'rekor2-timestamp-untrusted-tsa-without-embedded-cert_fail': 'verify.timestamp',
  // The timestamp of the case has line breaks in its base64.
  'rekor2-timestamp-with-incorrect-time_fail': 'verify.bundle',
  'set-invalid-signature_fail': 'verify.set',
  'signature-mismatch_fail': 'verify.signature',
  'trust-root-tlog-missing-validity-start_fail': 'sigstore.trusted-root',
  'wrong-hashedrekord-artifact_fail': 'verify.entry',
  'wrong-hashedrekord-cert-and-sig_fail': 'verify.entry',
  'wrong-hashedrekord-entry_fail': 'verify.entry',
  'wrong-material_fail': 'verify.signature',
}

/** Undefined when it is verified. */
function reasonOf(argv: readonly string[]): string | undefined {
  try {
    const verdict = verify(argv)
    return verdict.verified ? undefined : verdict.reason
  } catch (error) {
    if (error instanceof WheelsealError) return error.code
    throw error
  }
}

const hasCases = present(cases, join(trustedRoots, 'production.json'))
const all = readCases()

describe.runIf(hasCases)('sigstore-conformance, verification of bundles', () => {
  it('has 70 cases, and a reason for each that must fail', () => {
    expect(all).toHaveLength(70)
    const failing = all.filter((one) => one.mustFail).map((one) => one.name)
    expect(failing.toSorted()).toEqual(Object.keys(REASONS).toSorted())
  })

  it.each(all.map((one) => [one.name, one] as const))('%s', (name, one) => {
    const digest = sha256Hex(new Uint8Array(readFileSync(one.artifactPath)))
    expect(reasonOf(argumentsOf(one))).toBe(REASONS[name])
    expect(reasonOf(argumentsOf(one, `sha256:${digest}`))).toBe(REASONS[name])
  })

  it.each(all.filter((one) => !one.mustFail).map((one) => [one.name, one] as const))(
    'is of one mind with @sigstore/verify on %s',
    (_name, one) => {
      const bundle: unknown = JSON.parse(readFileSync(one.bundlePath, 'utf8'))
      expect(sigstoreJs(one)(bundle, new Uint8Array(readFileSync(one.artifactPath)))).toBe(undefined)
    },
  )

  it('runs as a program with the exit codes of the protocol', () => {
    const run = (argv: readonly string[]): number | null =>
      spawnSync(process.execPath, [join(import.meta.dirname, 'client.ts'), ...argv]).status
    expect(run(argumentsOf(readCase('happy-path-v0.3')))).toBe(0)
    expect(run(argumentsOf(readCase('signature-mismatch_fail')))).toBe(1)
    expect(run(argumentsOf(readCase('trust-root-tlog-missing-validity-start_fail')))).toBe(1)
    expect(run(['verify-bundle'])).toBe(2)
  })
})
