import { encodeBase64, utf8 } from '../../base/index.ts'
import { formatCosignBundle, writeCertificateFile, writeSignatureFile } from '../../formats/sigstore/index.ts'
import { certificatePem } from '../../formats/x509/index.ts'
import { bundleOf, type SignedBlob } from '../../sign/index.ts'
import { cosignErrors } from './errors.ts'
import { textOf, type Arguments } from './flag-values.ts'

export interface NamedOutput {
  readonly path: string
  readonly bytes: Uint8Array
  /** For the line that says that it is written. */
  readonly what: 'RFC3161 timestamp' | 'bundle' | 'signature' | 'certificate'
}

const OUTPUT_FLAGS = [
  'bundle',
  'output',
  'output-certificate',
  'output-signature',
  'rfc3161-timestamp',
] as const

/** Flags that cannot be meant together. Throws `cosign.usage`. */
export function checkOutputs(given: Arguments): void {
  const { operands, switches } = given
  if (operands.length > 1 && OUTPUT_FLAGS.some((name) => textOf(given, name) !== undefined))
    throw cosignErrors('cosign.usage', `${operands.length} files cannot be signed into one output file`, {
      hint: 'run the command once for each file, or leave the output flags out',
    })
  const isNew = switches.get('new-bundle-format') === true
  if (isNew && textOf(given, 'bundle') === undefined)
    throw cosignErrors('cosign.usage', '--new-bundle-format needs --bundle FILE')
  const isStamped = textOf(given, 'timestamp-server-url') !== undefined
  const hasPlace = textOf(given, 'rfc3161-timestamp') !== undefined
  if (isStamped && !hasPlace && !isNew)
    throw cosignErrors('cosign.usage', '--timestamp-server-url needs --rfc3161-timestamp FILE')
  if (hasPlace && !isStamped)
    throw cosignErrors('cosign.usage', '--rfc3161-timestamp needs --timestamp-server-url URL')
}

/** In cosign's order, each in the exact form of 2.2.3; bundles of the new format as cosign 3 writes them. */
export function outputsOf(sealed: SignedBlob, given: Arguments): readonly NamedOutput[] {
  const { signature, leaf, timestamp } = sealed
  const isText = given.switches.get('b64') !== false
  const contents = [
    [
      'rfc3161-timestamp',
      'RFC3161 timestamp',
      timestamp === undefined ? timestamp : timestampFile(timestamp),
    ],
    ['bundle', 'bundle', bundleFile(sealed, given)],
    ['output-signature', 'signature', isText ? writeSignatureFile(signature) : signature],
    ['output-certificate', 'certificate', isText ? writeCertificateFile(leaf) : utf8(certificatePem(leaf))],
  ] as const
  return contents.flatMap(([flag, what, bytes]) => {
    const path = flag === 'output-signature' ? signaturePath(given) : textOf(given, flag)
    return path === undefined || bytes === undefined ? [] : [{ path, bytes, what }]
  })
}

/** None: the signature goes to standard output. */
export function signaturePath(given: Arguments): string | undefined {
  return textOf(given, 'output') ?? textOf(given, 'output-signature')
}

function bundleFile(sealed: SignedBlob, { switches }: Arguments): Uint8Array {
  const { signature, leaf, entry } = sealed
  const isNew = switches.get('new-bundle-format') === true
  const bundle = isNew ? bundleOf(sealed) : formatCosignBundle({ signature, certificate: leaf, entry })
  return utf8(JSON.stringify(bundle))
}

function timestampFile(der: Uint8Array): Uint8Array {
  return utf8(JSON.stringify({ SignedRFC3161Timestamp: encodeBase64(der) }))
}
