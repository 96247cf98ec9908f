/**
 * The files by which Sigstore clients learn whom to trust and where to sign (protobuf-specs, sigstore_trustroot.proto).
 *
 * `trustedRoot` is for verifiers, `signingConfig` for signers, `clientTrustConfig` holds both for sigstore-python;
 * `trustFile` makes the bytes of one. They describe one Wheelseal: every service at one URL, Rekor v1, open validity.
 * What every client accepts is stricter than the schema: see the comments. `parseTrustedRoot` reads anybody's
 * `trusted_root.json`, with several authorities and logs in their spans of time, `parseSigningConfig` anybody's
 * signing config, of which `chooseService` takes what is to be used now.
 */
export { clientTrustConfig, signingConfig, trustFile } from './signing-config.ts'
export { trustedRoot, type InstanceTrust } from './trusted-root.ts'
export {
  chooseService,
  parseSigningConfig,
  type NamedService,
  type ServiceGroup,
  type SigningServices,
} from './parse-signing-config.ts'
export {
  parseTrustedRoot,
  type TrustedAuthority,
  type TrustedLog,
  type TrustedRoot,
  type TrustPeriod,
} from './parse.ts'
