import { packagingErrors } from '../errors.ts'

/**
 * What may lie beside a distribution `X` and is published with it: the seal as a bundle, the pair that cosign 2 writes,
 * and the PEP 740 publish attestation. In the order in which they are uploaded.
 */
export const SIDE_FILE_ENDINGS = ['.sigstore.json', '.sig', '.crt', '.publish.attestation'] as const

export type SideFileEnding = (typeof SIDE_FILE_ENDINGS)[number]

/** What else `attest` and others write there, and no registry has a place for. */
const OTHER_ENDINGS = ['.slsa.attestation', '.asc'] as const

/** A name of `dist/*` that is no distribution of its own. */
export function isSideFile(fileName: string): boolean {
  return [...SIDE_FILE_ENDINGS, ...OTHER_ENDINGS].some((ending) => fileName.endsWith(ending))
}

/** The name of the distribution that a side file is of. */
export function sealedName(fileName: string): string {
  const ending = [...SIDE_FILE_ENDINGS, ...OTHER_ENDINGS].find((one) => fileName.endsWith(one)) ?? ''
  return fileName.slice(0, fileName.length - ending.length)
}

/** Throws `packaging.no-seal`. */
export function requireSealed(fileName: string, beside: readonly SideFileEnding[]): void {
  if (isSealed(beside)) return
  const found = beside.length === 0 ? 'nothing' : `only ${fileName}${beside.join(`, ${fileName}`)}`
  throw packagingErrors('packaging.no-seal', `${fileName} has no seal next to it: there is ${found}`)
}

/** A bundle or an attestation is a seal alone; a signature is one with its certificate only. */
function isSealed(endings: readonly SideFileEnding[]): boolean {
  const has = (ending: SideFileEnding): boolean => endings.includes(ending)
  return has('.sigstore.json') || has('.publish.attestation') || (has('.sig') && has('.crt'))
}
