export interface RequirementIndex {
  readonly url: string
  readonly line: number
}

const MAX_INDEXES = 50
const MAX_WORD_LENGTH = 4096
const OPTIONS = ['--index-url', '--extra-index-url', '--find-links', '--pypi-url'] as const

/**
 * Where a requirements file sends pip. Reads less than a lock reader, and refuses nothing: what pip would take for an
 * option, in its short forms too, is one.
 */
export function requirementIndexes(text: string): readonly RequirementIndex[] {
  const found: RequirementIndex[] = []
  let isWaiting = false
  for (const [index, line] of text.split(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/).entries()) {
    for (const word of words(line)) {
      const value: string | undefined = isWaiting ? word : valueIn(word)
      isWaiting = value === undefined
      // A folder of this machine is no index.
      if (value !== undefined && /^[^/]{0,200}\/\//.test(value)) found.push({ url: value, line: index + 1 })
      if (found.length === MAX_INDEXES) return found
    }
    if (!line.trimEnd().endsWith('\\')) isWaiting = false
  }
  return found
}

function words(line: string): readonly string[] {
  const all = line
    .split(/\s/)
    .filter((word) => word !== '' && word !== '\\' && word.length <= MAX_WORD_LENGTH)
  const comment = all.findIndex((word) => word.startsWith('#'))
  return (comment === -1 ? all : all.slice(0, comment)).map((word) => word.replaceAll(/["']/g, ''))
}

/** Undefined where the next word is the value; empty for every other word. */
function valueIn(word: string): string | undefined {
  const short = /^-[if]=?(.*)$/.exec(word)?.[1]
  if (short !== undefined) return short === '' ? undefined : short
  const [name = '', ...rest] = word.split('=')
  if (name.length < 4 || !OPTIONS.some((one) => one.startsWith(name))) return ''
  return rest.length === 0 ? undefined : rest.join('=')
}
