import type { Assignment, Block, BlockKind, Operator, Redirect, ShellCommand, Word } from './command.ts'

const ASSIGNMENT = /^([A-Za-z_]\w*)(?:\[[^\]]*\])?\+?=/
const MAX_BLOCKS = 64

/** Words that have a meaning where a command could begin. */
const MODES = new Map<string, OpenCommand['mode']>([
  ['for', 'for'],
  ['select', 'for'],
  ['case', 'case'],
  ['function', 'function'],
])
const OPENERS = new Map<string, BlockKind>([
  ['if', 'if'],
  ['while', 'while'],
  ['until', 'while'],
  ['{', 'group'],
])
/** Whether what follows is a condition. */
const STATES = new Map<string, boolean>([
  ['then', false],
  ['do', false],
  ['else', false],
  ['elif', true],
])
const CLOSERS = new Map<string, readonly BlockKind[]>([
  ['}', ['group']],
  ['fi', ['if']],
  ['done', ['for', 'while']],
  ['esac', ['case']],
])
const HAS_CONDITION: ReadonlySet<BlockKind> = new Set(['if', 'while', 'case'])

interface OpenCommand {
  assignments: Assignment[]
  words: Word[]
  redirects: Redirect[]
  start: number | undefined
  isNegated: boolean
  /** The words of `for` and `case` are no command. */
  mode: 'command' | 'for' | 'case' | 'function'
}

interface OpenBlock extends Block {
  isInCondition: boolean
}

/** Words to commands, inside of one level: the reserved words open and close blocks. */
export class CommandBuilder {
  readonly #commands: ShellCommand[]
  readonly #outer: Block | undefined
  #block: OpenBlock | undefined
  #command = emptyCommand()
  #redirect: string | undefined
  #before: Operator = ''
  #last: ShellCommand | undefined
  /** One that has just ended: what follows is said of it. */
  #closed: Block | undefined
  /** Those around, of outer levels too. */
  #blocks: number
  #pattern = false
  readonly #tell: (block: Block) => void

  constructor(
    commands: ShellCommand[],
    outer: Block | undefined,
    { depth, tell }: { readonly depth: number; readonly tell?: ((block: Block) => void) | undefined },
  ) {
    this.#commands = commands
    this.#outer = outer
    this.#blocks = depth
    this.#tell = tell ?? (() => undefined)
  }

  get isAtStart(): boolean {
    const { words, assignments, mode } = this.#command
    return (
      words.length === 0 && assignments.length === 0 && mode === 'command' && this.#redirect === undefined
    )
  }

  /** Where the next words are a pattern of a case. */
  get isInPattern(): boolean {
    return this.#block?.kind === 'case' && this.#block.isInCondition
  }

  beginPattern(): void {
    if (this.#block?.kind === 'case') this.#pattern = true
  }

  endPattern(): void {
    this.forget()
    this.#condition(false)
  }

  /** A builder for what stands in parentheses here. */
  inside(kind: BlockKind, start: number): CommandBuilder {
    const parent = this.#block ?? this.#outer
    const isTooDeep = this.#blocks >= MAX_BLOCKS
    const block = isTooDeep ? parent : newBlock(kind, { parent, start })
    const tell = kind === 'group' && !isTooDeep ? (closed: Block) => (this.#closed = closed) : undefined
    return new CommandBuilder(this.#commands, block, { depth: this.#blocks + 1, tell })
  }

  leave(): void {
    if (this.#outer !== undefined) this.#tell(this.#outer)
  }

  redirect(operator: string): void {
    this.#redirect = operator
  }

  /** Takes a word; the redirect that it is the target of. */
  word(word: Word): Redirect | undefined {
    if (this.#redirect !== undefined) return this.#target(word)
    if (!this.isAtStart || !word.isBare || !this.#reserved(word)) this.#take(word)
    return undefined
  }

  #take(word: Word): void {
    const command = this.#command
    command.start ??= word.start
    const isFirst = command.words.length === 0 && command.mode === 'command'
    const assigned = isFirst ? ASSIGNMENT.exec(word.text) : null
    if (assigned !== null) command.assignments.push(assignment(word, assigned))
    else command.words.push(word)
    if (command.mode === 'case' && word.text === 'in') this.#open('case')
  }

  #target(word: Word): Redirect {
    const redirect: Redirect = { operator: this.#redirect ?? '', target: word }
    this.#redirect = undefined
    this.#command.start ??= word.start
    this.#command.redirects.push(redirect)
    return redirect
  }

  /** What was read is no command: the pattern of a case, the name of a function. */
  forget(): void {
    this.#command = emptyCommand()
    this.#redirect = undefined
  }

  end(operator: Operator, at: number): void {
    const command = this.#command
    this.#redirect = undefined
    if (command.mode === 'for') this.#open('for')
    else if (command.mode === 'command') this.#emit(command, { operator, at })
    if (command.mode !== 'case') this.#command = emptyCommand()
    if (this.#pattern) this.#condition(true)
    this.#pattern = false
  }

  #emit(command: OpenCommand, { operator, at }: { readonly operator: Operator; readonly at: number }): void {
    const { assignments, words, redirects, start, isNegated } = command
    const isEmpty = words.length === 0 && assignments.length === 0
    if (isEmpty && redirects.length === 0) return this.#follow(operator)
    const block = this.#block
    const isCondition = block?.isInCondition === true
    const made: ShellCommand = {
      assignments,
      words,
      redirects,
      isNegated,
      isCondition,
      start: start ?? at,
      end: at,
      before: this.#before,
      after: operator,
      block: block ?? this.#outer,
    }
    if (isCondition) block?.conditions.push(made)
    this.#commands.push(made)
    this.#last = made
    this.#before = operator
    if (!isEmpty) this.#closed = undefined
  }

  /** An operator behind nothing: it belongs to the block, or to the line, that has just ended. */
  #follow(operator: Operator): void {
    if (this.#closed !== undefined) {
      this.#closed.after = operator
      this.#closed = undefined
      this.#before = operator
    } else if (operator !== '\n' && operator !== '' && this.#last?.after === '\n') this.#before = operator
  }

  #reserved({ text, start }: Word): boolean {
    const mode = MODES.get(text)
    const opened = OPENERS.get(text)
    const isInCondition = STATES.get(text)
    if (mode !== undefined) this.#command.mode = mode
    else if (opened !== undefined) this.#open(opened, start)
    else if (isInCondition !== undefined) this.#condition(isInCondition)
    else if (text === '!') this.#command.isNegated = true
    else if (this.#block !== undefined && CLOSERS.get(text)?.includes(this.#block.kind) === true) this.#shut()
    else return false
    return true
  }

  #condition(isInCondition: boolean): void {
    if (this.#block !== undefined) this.#block.isInCondition = isInCondition
  }

  #open(kind: BlockKind, start = this.#command.start ?? 0): void {
    const { words } = this.#command
    this.#command = emptyCommand()
    this.#before = ''
    if (this.#blocks >= MAX_BLOCKS) return
    this.#blocks += 1
    const named = kind === 'for' ? { name: words[0]?.text ?? '', words: words.slice(2) } : {}
    this.#block = {
      ...newBlock(kind, { parent: this.#block ?? this.#outer, start }),
      ...named,
      isInCondition: HAS_CONDITION.has(kind),
    }
  }

  #shut(): void {
    const block = this.#block
    if (block === undefined) return
    this.#blocks -= 1
    this.#closed = block
    const { parent } = block
    this.#block = parent === this.#outer ? undefined : (parent as OpenBlock | undefined)
    this.#before = ''
  }
}

function newBlock(
  kind: BlockKind,
  { parent, start }: { readonly parent: Block | undefined; readonly start: number },
): Block {
  return { kind, parent, start, conditions: [], name: '', words: [], after: '' }
}

function emptyCommand(): OpenCommand {
  return { assignments: [], words: [], redirects: [], start: undefined, isNegated: false, mode: 'command' }
}

function assignment(word: Word, found: RegExpExecArray): Assignment {
  const [whole, name = ''] = found
  return {
    name,
    value: { ...word, text: word.text.slice(whole.length), start: word.start + whole.length },
  }
}
