/** What Ruby's Psych, which GitLab reads with, makes of a plain scalar where it is not YAML 1.1 to the letter. */
export type PlainValue = string | bigint | number | boolean | null

/** A value that GitLab's reader refuses, or keeps as a kind that no keyword takes: what it is read as. */
export interface Unfit {
  readonly readAs: 'a date' | 'a symbol' | 'a number without digits'
}

const FLOAT = /^[-+]?(?:\d[\d_,]*)?\.\d*(?:[eE][-+]\d+)?$/
const INTEGER = /^[-+]?(?:0b[01_,]+|0[0-7_,]+|0|[1-9](?:\d|,\d|_\d)*|0x[\da-fA-F_,]+)$/
const SEXAGESIMAL = /^[-+]?\d[\d_]*(?::[0-5]?\d){1,2}(?:\.[\d_]*)?$/
const DATE = /^\d{4}-(?:1[012]|0\d|\d)-(?:[12]\d|3[01]|0\d|\d)$/
const TIME =
  /^-?\d{4}-\d{1,2}-\d{1,2}(?:[Tt]|\s+)\d{1,2}:\d\d:\d\d(?:\.\d*)?(?:\s*(?:Z|[-+]\d{1,2}:?(?:\d\d)?))?$/
const WORDS = new Map<string, boolean | number | null>([
  ['yes', true],
  ['true', true],
  ['on', true],
  ['no', false],
  ['false', false],
  ['off', false],
  ['', null],
  ['~', null],
  ['null', null],
  ['.inf', Infinity],
  ['+.inf', Infinity],
  ['-.inf', -Infinity],
  ['.nan', NaN],
])

/** `ScalarScanner#tokenize`: words in any case, numbers with commas, `12:30` in base 60 as of three parts; else the text. */
export function plainValue(source: string): PlainValue | Unfit {
  const word = source.length <= 5 ? WORDS.get(source.toLowerCase()) : undefined
  if (word !== undefined) return word
  // Nothing that begins otherwise is more than a text, and most texts do.
  if (!/^[-+.:\d]/.test(source)) return source
  if (source.startsWith(':')) return source.length > 1 ? { readAs: 'a symbol' } : source
  if (TIME.test(source) || DATE.test(source)) return { readAs: 'a date' }
  return number(source)
}

function number(source: string): PlainValue | Unfit {
  if (SEXAGESIMAL.test(source)) return sexagesimal(source)
  if (FLOAT.test(source)) return float(source)
  return INTEGER.test(source) ? integer(source) : source
}

function withoutMarks(source: string): string {
  return source.replaceAll(/[,_]/g, '')
}

function float(source: string): PlainValue | Unfit {
  if (/^[-+]?\.$/.test(source)) return source
  return /\d/.test(source.replace(/[eE].*/, ''))
    ? Number(withoutMarks(source))
    : { readAs: 'a number without digits' }
}

function integer(source: string): PlainValue | Unfit {
  const digits = withoutMarks(source)
  const isNegative = digits.startsWith('-')
  const plain = digits.replace(/^[-+]/, '')
  if (/^0[bx]$/.test(plain)) return { readAs: 'a number without digits' }
  const value = BigInt(/^0\d/.test(plain) ? `0o${plain.slice(1)}` : plain)
  return isNegative ? -value : value
}

/** The first part counts 3,600 and the second 60, also where there is no third: 12:30 is 45000. */
function sexagesimal(source: string): bigint | number {
  const parts = source.replaceAll('_', '').split(':')
  const value = parts.reduce((sum, part, index) => sum + Number(part) * 60 ** Math.abs(index - 2), 0)
  return source.includes('.') ? value : BigInt(value)
}
