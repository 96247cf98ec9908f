/** What Ruby's Psych, which GitLab reads with, makes of a plain scalar where it is not YAML 1.1 to the letter. */
export type PlainValue = string | bigint | number | boolean | null

const FLOAT = /^[-+]?(?:\d[\d_,]*)?\.\d*(?:[eE][-+]\d+)?$/
const INTEGER =
  /^[-+]?(?:0b[_,]*[01][01_,]*|0[_,]*[0-7][0-7_,]*|0|[1-9](?:\d|,\d|_\d)*|0x[_,]*[\da-fA-F][\da-fA-F_,]*)$/
const SEXAGESIMAL = /^[-+]?\d[\d_]*(?::[0-5]?\d){1,2}(?:\.[\d_]*)?$/
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
export function plainValue(source: string): PlainValue {
  const word = source.length <= 5 ? WORDS.get(source.toLowerCase()) : undefined
  if (word !== undefined) return word
  if (SEXAGESIMAL.test(source)) return sexagesimal(source)
  if (FLOAT.test(source)) return /^[-+]?\.$/.test(source) ? source : Number(withoutMarks(source))
  return INTEGER.test(source) ? integer(withoutMarks(source)) : source
}

function withoutMarks(source: string): string {
  return source.replaceAll(/[,_]/g, '')
}

function integer(digits: string): bigint {
  const isNegative = digits.startsWith('-')
  const plain = digits.replace(/^[-+]/, '')
  const value = BigInt(/^0\d/.test(plain) ? `0o${plain.slice(1)}` : plain)
  return isNegative ? -value : value
}

/** The first part counts 3,600 and the second 60, also where there is no third: 12:30 is 45000. */
function sexagesimal(source: string): bigint | number {
  const parts = source.replaceAll('_', '').split(':')
  const value = parts.reduce((sum, part, index) => sum + Number(part) * 60 ** Math.abs(index - 2), 0)
  return source.includes('.') ? value : BigInt(value)
}
