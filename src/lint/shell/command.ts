/** What the words of a script are read into. Offsets are those of the text that was read. */
export interface Word {
  /** Without quotes; `$X` and `${X}` as they are, a command substitution as `$()`. */
  readonly text: string
  readonly start: number
  readonly end: number
  /** Written without any quotes: patterns in it are looked for among the files. */
  readonly isBare: boolean
  /** Nothing in it is expanded. */
  readonly isLiteral: boolean
}

export interface Assignment {
  readonly name: string
  readonly value: Word
}

export interface Redirect {
  /** `>`, `>>`, `<`, `<<`, `<<<`, … */
  readonly operator: string
  readonly target: Word
  /** Of a here-document. */
  body?: { readonly start: number; readonly end: number }
}

/** What stands between two commands; '' at the ends of the text. */
export type Operator = '' | '\n' | ';' | '&' | '&&' | '||' | '|'

export type BlockKind = 'if' | 'for' | 'while' | 'case' | 'group' | 'substitution'

/** What commands stand in, the innermost with the way out. */
export interface Block {
  readonly kind: BlockKind
  readonly parent: Block | undefined
  readonly start: number
  /** Commands of the condition of `if` and `while`. */
  readonly conditions: ShellCommand[]
  /** `for NAME in WORDS`. */
  readonly name: string
  readonly words: readonly Word[]
  /** What follows its end. */
  after: Operator
}

export interface ShellCommand {
  readonly assignments: readonly Assignment[]
  readonly words: readonly Word[]
  readonly redirects: readonly Redirect[]
  readonly start: number
  readonly end: number
  readonly before: Operator
  after: Operator
  readonly isNegated: boolean
  readonly isCondition: boolean
  readonly block: Block | undefined
}

/** The blocks around a command, from the inside. */
export function* blocksAround({ block }: Pick<ShellCommand, 'block'>): Generator<Block> {
  for (let one = block; one !== undefined; one = one.parent) yield one
}

export interface Script {
  readonly commands: readonly ShellCommand[]
  /** It has more than is looked at: what follows is undecided. */
  readonly isCut: boolean
}
