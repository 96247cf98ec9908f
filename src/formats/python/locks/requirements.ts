import { LOCK_LIMITS, type Lock, type LockedDistribution } from './lock.ts'
import { readDirect, readRequirement, type Place } from './requirement.ts'
import { requirementLines, words, type RequirementLine } from './requirement-lines.ts'
import { digestOf, malformed, requireCount } from './toml-lock.ts'

interface Open {
  readonly distributions: LockedDistribution[]
  readonly indexes: Lock['indexes'][number][]
  readonly includes: Lock['includes'][number][]
  files: number
}

/** The format of pip's requirements files, which `pip freeze` writes too. Throws `lock.malformed`, `base.too-large`. */
export function readRequirements(path: string, text: string): Lock {
  requireOneReading(path, text)
  const open: Open = { distributions: [], indexes: [], includes: [], files: 0 }
  let count = 0
  for (const line of requirementLines(text.replace(/^\uFEFF/, ''))) {
    requireCount(path, (count += 1), { limit: LOCK_LIMITS.maxPackages, what: 'lines' })
    readLine(line, { path, open })
    requireCount(path, open.files, { limit: LOCK_LIMITS.maxFiles, what: 'digests' })
  }
  const { distributions, indexes, includes } = open
  return { format: 'requirements', distributions, indexes, includes }
}

/** Where Python's `splitlines`, and so pip, ends a line too (uv: at a lone CR), and other control characters. */
const OTHER_ENDS = /\r(?!\n)|[^\P{Cc}\t\r\n]|[\u2028\u2029]/u
/** As in PEP 263, which pip follows in the first two lines: in UTF-7 the text of a comment may be an end of a line. */
const CODING = /coding[:=]\s*([-\w.]+)/

/** What one reader takes for a comment must be none that another installs from. Throws `lock.malformed`. */
function requireOneReading(path: string, text: string): void {
  const end = OTHER_ENDS.exec(text)
  if (end !== null) {
    const line = text.slice(0, end.index).split('\n').length
    throw malformed(path, line, 'it has a line break that not every reader takes for one')
  }
  for (const [index, first] of text.split('\n', 2).entries()) {
    if (!first.startsWith('#')) continue
    if (first.length > MAX_CODING_LINE) throw malformed(path, index + 1, 'a line is too long')
    const coding = CODING.exec(first)?.[1]?.toLowerCase()
    if (coding !== undefined && !/^utf-?8$/.test(coding))
      throw malformed(path, index + 1, `it says that it is in ${coding.slice(0, 40)}, and UTF-8 is read here`)
  }
}

/** Within which an encoding may be said. */
const MAX_CODING_LINE = 10_000

function readLine(
  { line, text }: RequirementLine,
  { path, open }: { readonly path: string; readonly open: Open },
): void {
  const place = { path, line }
  if (text.length > MAX_LINE) throw malformed(path, line, 'a line is too long')
  const cut = /(?:^|\s)-/.exec(text)?.index ?? text.length
  const [requirement, options] = [text.slice(0, cut).trim(), optionsOf(words(text.slice(cut)), place)]
  if (requirement === '') return readOptions(options, { place, open })
  const digests = options.filter(({ name }) => name === '--hash').map(({ value }) => digestOf(value, place))
  const stray = options.find(({ name }) => !OF_A_REQUIREMENT.has(name))
  if (stray !== undefined) throw malformed(path, line, `${stray.name} does not belong to a requirement`)
  const read = readRequirement(requirement, { place, digests })
  open.distributions.push(read)
  open.files += read.files.length
}

/** A line with a digest for each of many files. */
const MAX_LINE = 1 << 20

interface Option {
  readonly name: string
  readonly value: string
}

const SHORT: Readonly<Record<string, string>> = {
  '-r': '--requirement',
  '-c': '--constraint',
  '-e': '--editable',
  '-i': '--index-url',
  '-f': '--find-links',
}
const OF_A_REQUIREMENT: ReadonlySet<string> = new Set(['--hash', '--config-settings', '--global-option'])
const WITH_VALUE: ReadonlySet<string> = new Set([
  ...OF_A_REQUIREMENT,
  ...Object.values(SHORT),
  '--extra-index-url',
  '--no-binary',
  '--only-binary',
  '--trusted-host',
  '--use-feature',
  '--uploaded-prior-to',
  '--all-releases',
  '--only-final',
])
const WITHOUT: ReadonlySet<string> = new Set(['--no-index', '--pre', '--prefer-binary', '--require-hashes'])

/** What is not known may change where packages come from: the file is refused. */
function optionsOf(all: readonly string[], { path, line }: Place): readonly Option[] {
  const options: Option[] = []
  for (let index = 0; index < all.length; index += 1) {
    const { name, attached } = splitOption(all[index] ?? '')
    if (WITHOUT.has(name) && attached === undefined) options.push({ name, value: '' })
    else if (WITH_VALUE.has(name)) {
      const value = attached ?? all[(index += 1)]
      if (value === undefined) throw malformed(path, line, `${name} has no value`)
      options.push({ name, value })
    } else throw malformed(path, line, `${name.slice(0, 60)} is not a known option`)
  }
  return options
}

/** `--hash=VALUE`, `-r FILE`, `-rFILE`. */
function splitOption(word: string): { readonly name: string; readonly attached: string | undefined } {
  const short = SHORT[word.slice(0, 2)]
  if (short !== undefined) return { name: short, attached: word.length > 2 ? word.slice(2) : undefined }
  const cut = word.indexOf('=')
  return cut < 0
    ? { name: word, attached: undefined }
    : { name: word.slice(0, cut), attached: word.slice(cut + 1) }
}

const INDEXES: ReadonlySet<string> = new Set(['--index-url', '--extra-index-url', '--find-links'])
const INCLUDES: ReadonlySet<string> = new Set(['--requirement', '--constraint'])

function readOptions(
  options: readonly Option[],
  { place, open }: { readonly place: Place; readonly open: Open },
): void {
  const { line } = place
  for (const { name, value } of options) {
    if (OF_A_REQUIREMENT.has(name)) throw malformed(place.path, line, `${name} belongs to no requirement`)
    if (INDEXES.has(name)) open.indexes.push({ option: name, url: value, line })
    if (INCLUDES.has(name)) open.includes.push({ option: name, path: value, line })
    if (name === '--editable') open.distributions.push(readDirect(value, { name: null, place, digests: [] }))
  }
}
