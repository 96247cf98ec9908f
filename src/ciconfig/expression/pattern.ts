import { RE2JS, RE2JSException } from 're2js'

/** A regular expression that takes time linear in the text (RE2, as in GitLab). */
export interface Pattern {
  matches(text: string): boolean
}

const MAX_SOURCE_LENGTH = 10_000
const MAX_KEPT = 200
const SYNTAX = /^\/(.*)\/([ismU]*)$/

/** Compiling costs more than matching, and a pipeline asks the same again for each job. */
const compiled = new Map<string, Pattern | undefined>()

/** `/pattern/flags` as GitLab's `UntrustedRegexp::RubySyntax` reads it; undefined for what is no pattern. */
export function rubyPattern(text: string): Pattern | undefined {
  const [, source, flags = ''] = SYNTAX.exec(text.replaceAll('\\/', '/')) ?? []
  return source === undefined ? undefined : linearPattern(source, flags)
}

/** Undefined for what RE2 does not take: look-around, back references, repetitions that grow too large. */
export function linearPattern(source: string, flags = ''): Pattern | undefined {
  const key = `${flags}/${source}`
  if (compiled.has(key)) return compiled.get(key)
  if (compiled.size >= MAX_KEPT) compiled.clear()
  const pattern = source.length > MAX_SOURCE_LENGTH ? undefined : compile(source, flags)
  compiled.set(key, pattern)
  return pattern
}

function compile(source: string, flags: string): Pattern | undefined {
  try {
    const program = RE2JS.compile(flags === '' ? source : `(?${flags})${source}`)
    return { matches: (text) => program.matcher(text).find() }
  } catch (error) {
    if (error instanceof RE2JSException) return undefined
    throw error
  }
}
