/** What verification of an instance's signatures starts from: texts, and where the services are. */
export interface SigningTrust {
  readonly url: string
  /** Intermediate and root. */
  readonly fulcio: string
  readonly rekor: string
  readonly ctfe: string
  /** The certificate that signs timestamps, then its root. */
  readonly tsa: string
  /** For cosign 3, sigstore-js and sigstore-python. */
  readonly trustedRoot: string
  readonly signingConfig: string
}

export interface ProjectVariable {
  readonly key: string
  readonly value: string
  /** The job gets the path of a file that holds the value, as with GitLab's file variables. */
  readonly isFile: boolean
  readonly isMasked: boolean
}

export interface SignedRef {
  readonly path: string
  readonly ref: { readonly name: string; readonly type: 'branch' | 'tag' }
  readonly configPath: string
}

/**
 * What aims cosign 2 in a job at this instance instead of public Sigstore, the two files that cosign 3 takes as flags,
 * and whom signatures must name. Project variables take the place of those in the pipeline's file.
 */
export function projectVariables(trust: SigningTrust, ref: SignedRef): readonly ProjectVariable[] {
  const { url } = trust
  return [
    ...plain({
      FULCIO_URL: url,
      REKOR_URL: url,
      COSIGN_REKOR_URL: url,
      CERTIFICATE_IDENTITY: identityOf(url, ref),
      CERTIFICATE_OIDC_ISSUER: url,
      WHEELSEAL_FULCIO_URL: url,
      WHEELSEAL_REKOR_URL: url,
      WHEELSEAL_TSA_URL: `${url}/api/v1/timestamp`,
    }),
    ...files({
      SIGSTORE_ROOT_FILE: trust.fulcio,
      SIGSTORE_REKOR_PUBLIC_KEY: trust.rekor,
      SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: trust.ctfe,
      SIGSTORE_TSA_CERTIFICATE_FILE: trust.tsa,
      SIGNING_CONFIG: trust.signingConfig,
      TRUSTED_ROOT: trust.trustedRoot,
      WHEELSEAL_SIGNING_CONFIG: trust.signingConfig,
      WHEELSEAL_TRUSTED_ROOT: trust.trustedRoot,
    }),
  ]
}

/** Fulcio's subject for a GitLab job; `https` whatever the scheme of the instance is. */
export function identityOf(url: string, { path, ref, configPath }: SignedRef): string {
  const folder = ref.type === 'tag' ? 'tags' : 'heads'
  return `https://${new URL(url).host}/${path}//${configPath}@refs/${folder}/${ref.name}`
}

function plain(values: Readonly<Record<string, string>>): ProjectVariable[] {
  return Object.entries(values).map(([key, value]) => ({ key, value, isFile: false, isMasked: false }))
}

function files(values: Readonly<Record<string, string>>): ProjectVariable[] {
  return Object.entries(values).map(([key, value]) => ({ key, value, isFile: true, isMasked: false }))
}
