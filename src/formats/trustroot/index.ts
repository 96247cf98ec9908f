/**
 * The files by which Sigstore clients learn whom to trust and where to sign (protobuf-specs, sigstore_trustroot.proto).
 *
 * `trustedRoot` is for verifiers, `signingConfig` for signers, `clientTrustConfig` holds both for sigstore-python;
 * `trustFile` makes the bytes of one. They describe one Wheelseal: every service at one URL, Rekor v1, open validity.
 * Nothing is read here. What every client accepts is stricter than the schema: see the comments.
 */
export { clientTrustConfig, signingConfig, trustFile } from './signing-config.ts'
export { trustedRoot, type InstanceTrust } from './trusted-root.ts'
