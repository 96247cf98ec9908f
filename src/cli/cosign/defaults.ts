/** Public Sigstore, where cosign looks when it is told nothing else. */
export const FULCIO_URL = 'https://fulcio.sigstore.dev'
export const REKOR_URL = 'https://rekor.sigstore.dev'
