/** Of every file that is written beside a distribution: bundle, cosign's pair, attestations, what an index has of them. */
const SEAL = /^([^]+)\.(?:sigstore\.json|sig|crt|(?:publish|slsa)\.attestation|provenance)$/

/** The distribution whose seal a file is by its name; undefined for the name of no seal. */
export function sealedFile(path: string): string | undefined {
  return SEAL.exec(path)?.[1]
}
