import { describeError, utf8Decode } from '../../base/index.ts'
import { right, wrong, type Instance, type Place, type Setting } from './aim.ts'

const MAX_FILE_BYTES = 1 << 20
const PEM = /-----BEGIN [A-Z ]+-----([A-Za-z0-9+/=\s]+)-----END /g
/** Keys and certificates of `trusted_root.json`, in whichever file it stands. */
const RAW_BYTES = /"rawBytes"\s*:\s*"([A-Za-z0-9+/=]+)"/g

/** The keys and certificates in a PEM or JSON file, as base64 of their DER. */
export function keysIn(text: string): ReadonlySet<string> {
  const pem = [...text.matchAll(PEM)].map(([, body = '']) => body.replaceAll(/\s+/g, ''))
  return new Set([...pem, ...[...text.matchAll(RAW_BYTES)].map(([, body = '']) => body)])
}

type PemName = 'fulcio' | 'rekor' | 'ctfe' | 'tsa'

const SUBJECTS: Readonly<Record<PemName | 'trustedRoot', string>> = {
  fulcio: 'the certificate authority',
  rekor: 'the signature log',
  ctfe: 'the CT log',
  tsa: 'the timestamp authority',
  trustedRoot: 'the trust root',
}

export interface Expected {
  /** As people know it: a variable, or a flag. */
  readonly name: string
  readonly path: string
  readonly part: keyof typeof SUBJECTS
  readonly fix: string
}

/** Whether a file holds what this instance is trusted by. */
export async function checkKeyFile(
  { name, path, part, fix }: Expected,
  { files }: Pick<Place, 'files'>,
  { trust }: Instance,
): Promise<Setting> {
  const text = await readText(path, files)
  if ('problem' in text) return wrong(name, path, { why: text.problem, fix })
  const found = keysIn(text.text)
  const wanted = keysIn(trust[part])
  const held = [...wanted].filter((key) => found.has(key)).length
  const subject = SUBJECTS[part]
  if (held === wanted.size && held > 0) return right(name, path, `the file has the keys of ${subject}`)
  return wrong(name, path, { why: whatItHas(found, held, { trust, part }), fix })
}

function whatItHas(
  found: ReadonlySet<string>,
  held: number,
  { trust, part }: Pick<Instance, 'trust'> & Pick<Expected, 'part'>,
): string {
  const subject = SUBJECTS[part]
  if (found.size === 0) return 'the file has no key and no certificate'
  if (held > 0) return `the file is older than ${subject} of this instance: keys are missing`
  const parts: readonly PemName[] = ['fulcio', 'rekor', 'ctfe', 'tsa']
  const other = parts.find((one) => one !== part && [...keysIn(trust[one])].some((key) => found.has(key)))
  if (other !== undefined) return `the file has the key of ${SUBJECTS[other]}, not of ${subject}`
  return `the file has ${subject} of another instance, or of this one before it was created anew`
}

export type ReadText = { readonly text: string } | { readonly problem: string }

/** A problem is a sentence. */
export async function readText(path: string, files: Place['files']): Promise<ReadText> {
  try {
    const bytes = await files.readIfThere(path, MAX_FILE_BYTES, 'regular file')
    return bytes === undefined ? { problem: 'there is no such file' } : { text: utf8Decode(bytes) }
  } catch (error) {
    return { problem: `the file cannot be read: ${describeError(error)}` }
  }
}
