/** Of every file that is written beside a distribution: bundle, cosign's pair, attestations. */
const SEAL = /^([^]+)\.(?:sigstore\.json|sig|crt|(?:publish|slsa)\.attestation)$/

/** The distribution whose seal a file is by its name; undefined for the name of no seal. */
export function sealedFile(path: string): string | undefined {
  return SEAL.exec(path)?.[1]
}
