import { utf8, type JsonValue } from '../../base/index.ts'
import { signingConfig, trustedRoot, trustFile, type InstanceTrust } from '../../formats/sigstore/index.ts'
import type { TargetFile } from '../../formats/tuf/index.ts'
import { certificatePem, publicKeyPem } from '../../formats/x509/index.ts'

/**
 * What clients fetch. cosign 2 takes PEM files by their `usage` and tells a root from an intermediate by subject and
 * issuer; it warns about a usage that it does not know, so the timestamp authority stands in `trusted_root.json` only.
 * The others take the two JSON files by name.
 */
export function sigstoreTargets(trust: InstanceTrust): readonly TargetFile[] {
  const { url } = trust
  const target = (name: string, bytes: Uint8Array, usage: Usage): TargetFile => {
    return { name, bytes, custom: sigstoreUsage(usage, url) }
  }
  const authorities = trust.chain.map((der, index) => {
    const isRoot = index === trust.chain.length - 1
    return target(isRoot ? ROOT_NAME : intermediateName(index), utf8(certificatePem(der)), 'Fulcio')
  })
  return [
    ...authorities,
    target('rekor.pub', utf8(publicKeyPem(trust.rekor)), 'Rekor'),
    target('ctfe.pub', utf8(publicKeyPem(trust.ct)), 'CTFE'),
    target('trusted_root.json', trustFile(trustedRoot(trust)), 'Unknown'),
    target('signing_config.v0.2.json', trustFile(signingConfig(trust)), 'Unknown'),
  ]
}

type Usage = 'Fulcio' | 'Rekor' | 'CTFE' | 'Unknown'

/** The names of public Sigstore. */
const ROOT_NAME = 'fulcio_v1.crt.pem'

function intermediateName(index: number): string {
  return `fulcio_intermediate_v${index + 1}.crt.pem`
}

function sigstoreUsage(usage: Usage, uri: string): JsonValue {
  return { sigstore: { usage, status: 'Active', uri } }
}
