import type { Operator, Redirect, Script, ShellCommand, Word } from './command.ts'
import { CommandBuilder } from './command-builder.ts'

/** Longer ones are cut: what is beyond is not looked at, and is said to be undecided. */
export const MAX_SCRIPT_LENGTH = 256 * 1024
const MAX_COMMANDS = 5000
const MAX_DEPTH = 64
const MAX_PARAMETER_LENGTH = 256

/**
 * The commands of a shell script, in their order, those in `$( )` before the one that they stand in. Tolerant: whatever
 * is no shell gives some commands. One pass over the text with a stack of its own, so that time grows with the length.
 * Nothing is expanded and nothing is run.
 */
export function readScript(whole: string): Script {
  const text = whole.slice(0, MAX_SCRIPT_LENGTH)
  const reader = new Reader(text)
  reader.read()
  return { commands: reader.commands, isCut: reader.isCut || text.length < whole.length }
}

interface OpenWord {
  text: string
  readonly start: number
  isBare: boolean
  isLiteral: boolean
}

/** One level of `$( )`, backquotes, `( )`, or the script itself. */
interface Level {
  readonly closer: '' | ')' | '`'
  readonly builder: CommandBuilder
  word: OpenWord | undefined
  isQuoted: boolean
  /** Open parentheses that are no level: of arrays and conditions. */
  parentheses: number
}

interface OpenDocument {
  readonly redirect: Redirect
  readonly delimiter: string
  readonly isIndented: boolean
}

const BREAKS = new Set(' \t\r\n()<>&|;')
const OPERATORS = /(?:&&|\|\||;;&?|;&|\|&|[|&;])/y
const REDIRECTS = /(?:<<<|<<-?|<>|>>|>\||[<>]&|&>>?|[<>])/y

class Reader {
  readonly commands: ShellCommand[] = []
  isCut = false
  readonly #text: string
  readonly #levels: Level[]
  #at = 0
  #documents: OpenDocument[] = []

  constructor(text: string) {
    this.#text = text
    this.#levels = [this.#level('', new CommandBuilder(this.commands, undefined, { depth: 0 }))]
  }

  #level(closer: Level['closer'], builder: CommandBuilder): Level {
    return { closer, builder, word: undefined, isQuoted: false, parentheses: 0 }
  }

  read(): void {
    const text = this.#text
    while (this.#at < text.length) {
      if (this.commands.length >= MAX_COMMANDS) {
        this.isCut = true
        return
      }
      const level = this.#levels.at(-1)
      if (level === undefined) return
      const character = text[this.#at] ?? ''
      if (level.isQuoted) this.#quoted(level, character)
      else this.#unquoted(level, character)
    }
    while (this.#levels.length > 0) this.#close()
  }

  #quoted(level: Level, character: string): void {
    if (character === '"') {
      level.isQuoted = false
      this.#at += 1
    } else if (character === '\\') this.#escape(level, '"\\$`\n')
    else if (character === '$' || character === '`') this.#expansion(level, character)
    else this.#append(level, this.#run(/[^"\\$`]+/y))
  }

  #unquoted(level: Level, character: string): void {
    if (character === "'") this.#single(level)
    else if (character === '"') this.#double(level)
    else if (character === '\\') this.#escape(level, undefined)
    else if (character === '$' || character === '`') this.#expansion(level, character)
    else if (BREAKS.has(character)) this.#break(level, character)
    else if (character === '#' && level.word === undefined) this.#run(/[^\n]*/y)
    else this.#append(level, this.#run(/[^\s\\'"$`()<>&|;]+/y))
  }

  /** What ends a word. */
  #break(level: Level, character: string): void {
    if (character === '\n') this.#newline(level)
    else if (character === '(') this.#open(level)
    else if (character === ')') this.#closing(level)
    else if (/\s/.test(character)) {
      this.#endWord(level)
      this.#at += 1
    } else this.#operator(level)
  }

  /** Matches at the present place and moves behind; patterns with one class only, so that nothing is read twice. */
  #run(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0] ?? this.#text[this.#at] ?? ''
    this.#at += found.length
    return found
  }

  #wordOf(level: Level): OpenWord {
    level.word ??= { text: '', start: this.#at, isBare: true, isLiteral: true }
    return level.word
  }

  #append(level: Level, part: string): void {
    level.word ??= { text: '', start: this.#at - part.length, isBare: true, isLiteral: true }
    level.word.text += part
  }

  #escape(level: Level, special: string | undefined): void {
    const next = this.#text[this.#at + 1] ?? ''
    if (next === '\n') {
      this.#at += 2
      return
    }
    const word = this.#wordOf(level)
    const isKept = special !== undefined && !special.includes(next)
    word.text += isKept ? `\\${next}` : next
    if (next === '"' || next === "'") word.isBare = false
    this.#at += 2
  }

  #single(level: Level): void {
    const word = this.#wordOf(level)
    const end = this.#text.indexOf("'", this.#at + 1)
    const stop = end < 0 ? this.#text.length : end
    word.text += this.#text.slice(this.#at + 1, stop)
    word.isBare = false
    this.#at = stop + 1
  }

  #double(level: Level): void {
    this.#wordOf(level).isBare = false
    level.isQuoted = true
    this.#at += 1
  }

  #expansion(level: Level, character: string): void {
    const word = this.#wordOf(level)
    const next = this.#text[this.#at + 1]
    if (character === '`' && level.closer === '`') {
      if (word.text === '' && word.start === this.#at) level.word = undefined
      this.#close()
      this.#at += 1
      return
    }
    word.isLiteral = false
    if (character === '`') this.#substitute(level, { closer: '`', length: 1 })
    else if (next === '(') this.#substitute(level, { closer: ')', length: 2 })
    else if (next === '{') this.#parameter(word)
    else {
      word.text += '$'
      this.#at += 1
    }
  }

  #parameter(word: OpenWord): void {
    const part = this.#text.slice(this.#at, this.#at + MAX_PARAMETER_LENGTH)
    const end = part.indexOf('}')
    const length = end < 0 ? 2 : end + 1
    word.text += part.slice(0, length)
    this.#at += length
  }

  #substitute(
    level: Level,
    { closer, length }: { readonly closer: ')' | '`'; readonly length: number },
  ): void {
    const word = this.#wordOf(level)
    word.isLiteral = false
    word.text += '$()'
    this.#push(level, { closer, kind: 'substitution' })
    this.#at += length
  }

  #push(
    level: Level,
    { closer, kind }: { readonly closer: ')' | '`'; readonly kind: 'substitution' | 'group' },
  ): void {
    if (this.#levels.length >= MAX_DEPTH) this.isCut = true
    else this.#levels.push(this.#level(closer, level.builder.inside(kind, this.#at)))
  }

  #open(level: Level): void {
    if (level.word === undefined && level.builder.isAtStart && this.#levels.length < MAX_DEPTH)
      this.#push(level, { closer: ')', kind: 'group' })
    else {
      this.#endWord(level)
      level.parentheses += 1
    }
    this.#at += 1
  }

  #closing(level: Level): void {
    this.#endWord(level)
    if (level.parentheses > 0) {
      level.parentheses -= 1
      // A function's name: what follows is its body.
      if (this.#text[this.#at - 1] === '(') level.builder.forget()
    } else if (level.builder.isInPattern) level.builder.endPattern()
    else if (level.closer === ')') this.#close()
    else level.builder.forget()
    this.#at += 1
  }

  /** The end of a level, at the end of the text of all. */
  #close(): void {
    const level = this.#levels.pop()
    if (level === undefined) return
    this.#endWord(level)
    level.builder.end('', this.#at)
    level.builder.leave()
  }

  #operator(level: Level): void {
    REDIRECTS.lastIndex = this.#at
    const redirect = REDIRECTS.exec(this.#text)?.[0]
    if (redirect !== undefined) return this.#redirect(level, redirect)
    this.#endWord(level)
    const operator = this.#run(OPERATORS)
    if (level.builder.isInPattern && operator === '|') return level.builder.forget()
    if (operator === ';;') level.builder.beginPattern()
    level.builder.end(plain(operator), this.#at - operator.length)
  }

  #redirect(level: Level, operator: string): void {
    const { word } = level
    // The number of a file in front of it belongs to it.
    if (word !== undefined && /^\d+$/.test(word.text)) level.word = undefined
    this.#endWord(level)
    this.#at += operator.length
    if (/^[<>]$/.test(operator) && this.#text[this.#at] === '(')
      this.#substitute(level, { closer: ')', length: 1 })
    else level.builder.redirect(operator)
  }

  #endWord(level: Level): void {
    const { word } = level
    if (word === undefined) return
    level.word = undefined
    const made: Word = { ...word, end: this.#at }
    const redirect = level.builder.word(made)
    if (redirect?.operator.startsWith('<<') === true && redirect.operator !== '<<<')
      this.#documents.push({
        redirect,
        delimiter: made.text,
        isIndented: redirect.operator === '<<-',
      })
  }

  #newline(level: Level): void {
    this.#endWord(level)
    level.builder.end('\n', this.#at)
    this.#at += 1
    const documents = this.#documents
    this.#documents = []
    for (const document of documents) this.#document(document)
  }

  #document({ redirect, delimiter, isIndented }: OpenDocument): void {
    const start = this.#at
    while (this.#at < this.#text.length) {
      const from = this.#at
      const found = this.#text.indexOf('\n', from)
      const end = found < 0 ? this.#text.length : found
      const line = this.#text.slice(from, end)
      this.#at = Math.min(end + 1, this.#text.length)
      if ((isIndented ? line.replace(/^\t+/, '') : line) === delimiter) {
        redirect.body = { start, end: from }
        return
      }
    }
    redirect.body = { start, end: this.#text.length }
  }
}

function plain(operator: string): Operator {
  if (operator === '|&') return '|'
  return operator.startsWith(';') ? ';' : (operator as Operator)
}
