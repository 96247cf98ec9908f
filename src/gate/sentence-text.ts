import { printableAscii } from '../base/index.ts'

const MAX_TEXT_LENGTH = 100

/** Text of others within a sentence: printable ASCII on one line, shortened in its middle. Takes no time for its length. */
export function shownText(text: string, maxLength = MAX_TEXT_LENGTH): string {
  const isLong = text.length > 2 * maxLength
  const ends = isLong ? text.slice(0, maxLength) + text.slice(-maxLength) : text
  return shortened(printableAscii(ends), maxLength)
}

const GAP = '...'

/** Both ends of a text stay, which is where names differ. */
export function shortened(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text
  const rest = Math.max(maxLength - GAP.length, 0)
  const tail = Math.floor(rest / 2)
  return `${text.slice(0, rest - tail)}${GAP}${tail === 0 ? '' : text.slice(-tail)}`
}

/** As people know it: a URI without its scheme. */
export function withoutScheme(uri: string): string {
  return uri.replace(/^[a-z][a-z0-9+.-]{0,15}:\/\//, '')
}
