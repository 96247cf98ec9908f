/**
 * The one way by which text of others comes onto a terminal, into a log, a page or an error. What would be obeyed
 * rather than shown becomes visible as `\u{HEX}`: control characters and line breaks, format characters (those that
 * change the direction of writing among them), separators that look like a space, what is drawn as nothing, lone
 * surrogates, private and unassigned characters. Letters of every script stay. Twice is as once.
 */
function unprintable(): RegExp {
  return /[[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]--[ ]]/gv
}

/** Most texts are; to build the classes of Unicode takes some engines as long as a verification. */
const PLAIN = /^[ -~]*$/
const PLAIN_LINES = /^[ -~\n\t]*$/
const NOT_ASCII = /[^ -~]/gu

/** On one line; cut where it is longer than `maxLength`. */
export function printable(text: string, { maxLength = Infinity } = {}): string {
  const shown = cut(text, maxLength)
  return PLAIN.test(shown) ? shown : shown.replaceAll(unprintable(), escaped)
}

/** For names that people compare: letters of other scripts that look like those of ours are escaped too. */
export function printableAscii(text: string): string {
  return text.replaceAll(NOT_ASCII, escaped)
}

/** JSON text that says the same and is harmless to look at. Its own line breaks and tabs stay: no string of JSON has a raw one. */
export function printableJson(json: string): string {
  if (PLAIN_LINES.test(json)) return json
  return json.replaceAll(unprintable(), (character) =>
    character === '\n' || character === '\t' ? character : character.split('').map(unitEscaped).join(''),
  )
}

function cut(text: string, maxLength: number): string {
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text
}

function escaped(character: string): string {
  return String.raw`\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}

function unitEscaped(unit: string): string {
  return String.raw`\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}
