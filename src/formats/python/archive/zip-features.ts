import { quoted, type Findings } from './findings.ts'
import type { ZipEntry } from './zip-entry.ts'

const STORED = 0
export const DEFLATED = 8
/** How well it was compressed (bits 1 and 2), and UTF-8. */
const PLAIN_FLAGS = 0x0806
const ENCRYPTED = 0x0001
const DESCRIPTOR = 0x0008
const TYPE = 0o170000
const REGULAR = 0o100000
const FOLDER = 0o040000
const DOS_FOLDER = 0x10

/** What the directory says of one member. */
export function checkEntry(entry: ZipEntry, findings: Findings): void {
  checkFeatures(entry, findings)
  checkMode(entry, findings)
}

function checkFeatures({ flags, method, name, ...entry }: ZipEntry, findings: Findings): void {
  const member = `the member ${quoted(name)}`
  if ((flags & ENCRYPTED) !== 0) findings.add('distribution.feature', `${member} is encrypted`)
  else if ((flags & DESCRIPTOR) !== 0)
    findings.add('distribution.feature', `${member} has its size after its data, in a data descriptor`)
  else if ((flags & ~PLAIN_FLAGS) !== 0)
    findings.add('distribution.feature', `${member} has the flags 0x${flags.toString(16)}`)
  if (method !== STORED && method !== DEFLATED)
    findings.add(
      'distribution.feature',
      `${member} is compressed by method ${method}; allowed are stored and deflated`,
    )
  if (method === STORED && entry.packedBytes !== entry.unpackedBytes)
    findings.add('distribution.headers-differ', `${member} is stored, and has two different sizes`)
}

function checkMode({ name, attributes, unpackedBytes }: ZipEntry, findings: Findings): void {
  const mode = attributes >>> 16
  const [type, isFolder] = [mode & TYPE, name.endsWith('/')]
  if (type !== 0 && type !== (isFolder ? FOLDER : REGULAR))
    findings.add(
      'distribution.member-type',
      `the member ${quoted(name)} is not a regular file: its mode is ${mode.toString(8)}`,
    )
  else if (isFolder ? unpackedBytes !== 0 : (attributes & DOS_FOLDER) !== 0)
    findings.add('distribution.member-type', `the member ${quoted(name)} is a folder and a file at once`)
  if ((mode & 0o4000) !== 0 || (!isFolder && (mode & 0o2000) !== 0))
    findings.add(
      'distribution.member-mode',
      `the member ${quoted(name)} has the mode ${(mode & 0o7777).toString(8)}`,
    )
}
