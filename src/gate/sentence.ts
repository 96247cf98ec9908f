import { printableAscii } from '../base/index.ts'
import type { Ground } from './decision.ts'
import type { JudgedFile } from './facts.ts'
import { refusalId } from './refusal-id.ts'
import { shortened, shownText } from './sentence-text.ts'

/** It stands in a status line, which some clients show and proxies may cut. */
const MAX_SENTENCE_BYTES = 240
const MAX_LINK_BYTES = 160
/** Below this a word tells too little. */
const MIN_WORD_LENGTH = 16

export interface Told {
  readonly ground: Ground
  readonly name: string
  /** Left out where a whole name is refused. */
  readonly version?: string
  /** Where all of it stands. Never shortened: one that is too long is left out. */
  readonly link: string
}

/**
 * What a user of an installer reads: `refused (CODE): NAME VERSION FACT; see LINK`. Printable ASCII of at most 240
 * bytes: it goes into a status line, where anything else ends the process or the line. No square brackets but in the
 * link: pdm reads markup in what it shows, swallows `[code]` and makes a link of `[link=…]`.
 */
export function sentenceFor({ ground, name, version, link }: Told): string {
  const { code } = ground
  const start = `${code === 'gate.held' ? 'held' : 'refused'} (${shownText(code, 40)}): `
  const address = printableAscii(link)
  const end = address === '' || address.length > MAX_LINK_BYTES ? '' : `; see ${address}`
  const fact = shownText(ground.fact, 2 * MAX_SENTENCE_BYTES)
  const who = version === undefined ? shownText(name) : `${shownText(name)} ${shownText(version)}`
  const body = `${who}${isAboutIt(fact) ? ' ' : ': '}${fact}`
  return withoutMarkup(start + fitted(body, MAX_SENTENCE_BYTES - start.length - end.length)) + end
}

function withoutMarkup(text: string): string {
  return text.replaceAll('[', '(').replaceAll(']', ')')
}

/** A fact whose subject is the file goes on from its name. */
function isAboutIt(fact: string): boolean {
  return /^(?:was|has|is|joined) /.test(fact)
}

/** The longest word is shortened first, in its middle; where words are not enough, the text is. */
function fitted(text: string, maxLength: number): string {
  const words = text.split(' ')
  for (let excess = text.length - maxLength; excess > 0;) {
    const longest = words.reduce((a, b) => (b.length > a.length ? b : a), '')
    const length = Math.max(longest.length - excess, MIN_WORD_LENGTH)
    if (length >= longest.length) break
    words[words.indexOf(longest)] = shortened(longest, length)
    excess -= longest.length - length
  }
  return shortened(words.join(' '), maxLength)
}

/** A refusal with its number and its sentence. */
export function refusalOf(refused: {
  readonly gate: string
  readonly name: string
  readonly ground: Ground
  /** Left out where a whole name is refused. */
  readonly judged?: JudgedFile
  readonly linkFor: (id: string) => string
}): { readonly id: string; readonly sentence: string } {
  const { gate, name, ground, judged, linkFor } = refused
  const file = judged === undefined ? {} : { judged }
  const id = refusalId({ gate, name, code: ground.code, ...file })
  const version = judged === undefined ? {} : { version: judged.file.version }
  return { id, sentence: sentenceFor({ ground, name, ...version, link: linkFor(id) }) }
}
