import type { Files } from '../../base/index.ts'
import { verifyErrors, type FoundSeal } from '../../verify/index.ts'
import type { SealChoice, Target } from './plan.ts'

/** A seal where it was found: a bundle, an attestation, or signature and certificate. */
export interface FoundFile {
  readonly found: FoundSeal
  readonly paths: readonly string[]
}

export interface FoundFiles {
  /** At least one; that which holds its own log entry before the pair, which does not. */
  readonly seals: readonly FoundFile[]
  /** What lies beside the file, and is no whole seal of the kind that was asked for. */
  readonly notChecked: readonly string[]
}

const MAX_PART_BYTES = 256 << 10
const MAX_BUNDLE_BYTES = 34 << 20

/** The last is an object of an index, with several of them (PEP 740), as `wheelseal fetch` leaves it. */
const ATTESTATIONS = ['.publish.attestation', '.slsa.attestation', '.provenance'] as const

type Beside = SealChoice & { readonly kind: 'beside' }
type Named = Exclude<SealChoice, Beside>

/** Throws `host.file`, `host.pipe`, `base.too-large`. */
export async function readNamed(choice: Named, files: Files): Promise<FoundFile> {
  if (choice.kind !== 'pair') {
    const { kind, path } = choice
    return { found: { kind, bytes: await files.read(path, MAX_BUNDLE_BYTES) }, paths: [path] }
  }
  const { signature, certificate } = choice
  const found = { kind: 'pair', signature: await files.read(signature, MAX_PART_BYTES) } as const
  if (certificate === undefined) return { found, paths: [signature] }
  return {
    found: { ...found, certificate: await files.read(certificate, MAX_PART_BYTES) },
    paths: [signature, certificate],
  }
}

/** Every form that `sign`, `attest` and cosign write beside a file. Throws `verify.no-seal`, `host.file`, `base.too-large`. */
export async function findBeside(target: Target, { of }: Beside, files: Files): Promise<FoundFiles> {
  if (target.kind === 'digest')
    throw verifyErrors('verify.no-seal', `${target.text} is a digest, and has no folder to look for a bundle`)
  const { path } = target
  // Nobody named these paths, and the folder may be an enemy's: a pipe there would never be read to its end.
  const read = async (ending: string, maxBytes: number): Promise<OneFile | undefined> => {
    const bytes = await files.readIfThere(`${path}${ending}`, maxBytes, 'regular file')
    return bytes === undefined ? undefined : { path: `${path}${ending}`, bytes }
  }
  const bundle = await read('.sigstore.json', MAX_BUNDLE_BYTES)
  const pair = pairOf(await read('.sig', MAX_PART_BYTES), await read('.crt', MAX_PART_BYTES), of)
  const attestations: OneFile[] = []
  for (const ending of ATTESTATIONS) attestations.push(...listOf(await read(ending, MAX_BUNDLE_BYTES)))
  const seals = [
    ...listOf(bundle).map((file) => foundFile('bundle', file)),
    // A key has no certificate, and these always have one.
    ...(of === 'key' ? [] : attestations.map((file) => foundFile('provenance', file))),
    ...pair.seals,
  ]
  if (seals.length === 0) throw await noSeal(path, files)
  const ofOthers = of === 'key' ? attestations.map((file) => file.path) : []
  return { seals, notChecked: [...ofOthers, ...pair.notChecked] }
}

interface OneFile {
  readonly path: string
  readonly bytes: Uint8Array
}

function listOf(file: OneFile | undefined): readonly OneFile[] {
  return file === undefined ? [] : [file]
}

function foundFile(kind: 'bundle' | 'provenance', { path, bytes }: OneFile): FoundFile {
  return { found: { kind, bytes }, paths: [path] }
}

function pairOf(
  signature: OneFile | undefined,
  certificate: OneFile | undefined,
  of: Beside['of'],
): FoundFiles {
  const paths = [...listOf(signature), ...listOf(certificate)].map((file) => file.path)
  if (signature === undefined) return { seals: [], notChecked: paths }
  const found = { kind: 'pair', signature: signature.bytes } as const
  if (of === 'key') {
    const notChecked = listOf(certificate).map((file) => file.path)
    return { seals: [{ found, paths: [signature.path] }], notChecked }
  }
  if (certificate === undefined) return { seals: [], notChecked: paths }
  return { seals: [{ found: { ...found, certificate: certificate.bytes }, paths }], notChecked: [] }
}

/** Of the two things that are missing, the file is the one to tell of. */
async function noSeal(path: string, files: Files): Promise<Error> {
  if (!(await files.exists(path))) await files.read(path, 0)
  if (await files.exists(`${path}/.`)) {
    const hint = 'name the files in it, as in dist/*'
    return verifyErrors('verify.no-seal', `${path} is a folder`, { hint })
  }
  const isSigned = await files.exists(`${path}.sig`)
  const fact = isSigned
    ? `${path}.sig has no certificate: ${path}.crt was not found`
    : `no signature or bundle found next to ${path}`
  return verifyErrors('verify.no-seal', fact)
}
