import { pythonErrors } from './errors.ts'

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/
const MAX_LENGTH = 128

export function isName(text: string): boolean {
  return text.length <= MAX_LENGTH && NAME.test(text)
}

/** `Friendly.Bard` and `FRIENDLY_bard` are both `friendly-bard` (PEP 503). Throws `python.name`. */
export function normalizeName(name: string): string {
  if (!isName(name)) throw pythonErrors('python.name', `${shown(name)} is not a package name`)
  return name.replaceAll(/[-_.]+/g, '-').toLowerCase()
}

/** The form in which a name stands in file names: `friendly_bard` (PEP 625). Throws `python.name`. */
export function nameInFileNames(name: string): string {
  return normalizeName(name).replaceAll('-', '_')
}

/** What an enemy wrote, short and on one line. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}
