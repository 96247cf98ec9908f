import type { Files } from '../../base/index.ts'
import { appVerifyErrors } from './errors.ts'
import type { SealChoice, Target } from './plan.ts'
import type { FoundSeal } from './readers.ts'

export interface SealFiles {
  readonly found: FoundSeal
  readonly paths: readonly string[]
}

const MAX_PART_BYTES = 256 << 10
const MAX_BUNDLE_BYTES = 16 << 20

/** Throws `app.verify-no-seal`, `host.file`, `base.too-large`. */
export async function findSeal(target: Target, choice: SealChoice, files: Files): Promise<SealFiles> {
  if (choice.kind === 'beside') return findSeal(target, await chooseBeside(target, choice, files), files)
  if (choice.kind === 'pair') return readPair(choice, files)
  const { kind, path } = choice
  return { found: { kind, bytes: await files.read(path, MAX_BUNDLE_BYTES) }, paths: [path] }
}

async function readPair(
  { signature, certificate }: SealChoice & { readonly kind: 'pair' },
  files: Files,
): Promise<SealFiles> {
  const bytes = await files.read(signature, MAX_PART_BYTES)
  if (certificate === undefined) return { found: { kind: 'pair', signature: bytes }, paths: [signature] }
  return {
    found: { kind: 'pair', signature: bytes, certificate: await files.read(certificate, MAX_PART_BYTES) },
    paths: [signature, certificate],
  }
}

/** The one that needs nobody to be asked first. */
async function chooseBeside(
  target: Target,
  { of }: SealChoice & { readonly kind: 'beside' },
  files: Files,
): Promise<SealChoice> {
  if (target.kind === 'digest')
    throw appVerifyErrors('app.verify-no-seal', `${target.text} has no folder to look for a seal`)
  const { path } = target
  // Nobody named these paths, and the folder may be an enemy's: a pipe there would never be read to its end.
  const has = async (ending: string): Promise<boolean> =>
    (await files.readIfThere(`${path}${ending}`, MAX_BUNDLE_BYTES, 'regular file')) !== undefined
  if (await has('.sigstore.json')) return { kind: 'bundle', path: `${path}.sigstore.json` }
  const isSigned = await has('.sig')
  if (isSigned && of === 'key') return { kind: 'pair', signature: `${path}.sig` }
  const isPair = isSigned && (await has('.crt'))
  if (isPair) return { kind: 'pair', signature: `${path}.sig`, certificate: `${path}.crt` }
  if (await has('.publish.attestation')) return { kind: 'provenance', path: `${path}.publish.attestation` }
  throw await noSeal(path, files)
}

/** Of the two things that are missing, the file is the one to tell of. */
async function noSeal(path: string, files: Files): Promise<Error> {
  if (!(await files.exists(path))) await files.read(path, 0)
  if (await files.exists(`${path}/.`)) {
    const hint = 'name the files in it, as in dist/*'
    return appVerifyErrors('app.verify-no-seal', 'it is a folder', { hint })
  }
  const isSigned = await files.exists(`${path}.sig`)
  const fact = isSigned ? `there is ${path}.sig, and no certificate` : 'there is no seal'
  return appVerifyErrors('app.verify-no-seal', `${fact} beside ${path}`)
}
