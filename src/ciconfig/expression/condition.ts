import { rubyPattern } from './pattern.ts'
import { tokensOf, type Leaf, type Operator, type Token } from './tokens.ts'

/** A condition of `rules:if`, read once. */
export interface Condition {
  readonly text: string
  readonly tree: Tree
}

export type Tree =
  | Leaf
  | { readonly kind: 'not'; readonly of: Tree }
  | {
      readonly kind: 'binary'
      readonly operator: Exclude<Operator, '!'>
      readonly left: Tree
      readonly right: Tree
    }

export type ReadCondition =
  | { readonly kind: 'condition'; readonly condition: Condition }
  /** `what` follows the name of the keyword: `has more than 100 parts`. */
  | { readonly kind: 'wrong'; readonly what: string; readonly offset: number }

/** The lower binds the tighter, as in GitLab's lexemes. */
const PRECEDENCE: Readonly<Record<Operator, number>> = {
  '!': 9,
  '==': 10,
  '!=': 10,
  '=~': 10,
  '!~': 10,
  '&&': 11,
  '||': 12,
}

/** GitLab's grammar: to reverse Polish notation (shunting-yard), and from there to a tree. */
export function readCondition(text: string): ReadCondition {
  const read = tokensOf(text)
  if (read.kind === 'wrong') return read
  const badPattern = read.tokens.find(
    (token) =>
      token.kind === 'value' &&
      token.value.kind === 'pattern' &&
      rubyPattern(token.value.source) === undefined,
  )
  if (badPattern?.kind === 'value' && badPattern.value.kind === 'pattern')
    return wrong(`has a pattern that RE2 does not take: ${badPattern.value.source.slice(0, 80)}`)
  const polish = toPolish(read.tokens)
  const tree = polish === undefined ? undefined : toTree(polish)
  return tree === undefined
    ? wrong('is not a condition: a value, an operator or a parenthesis is missing')
    : { kind: 'condition', condition: { text, tree } }
}

function wrong(what: string): ReadCondition {
  return { kind: 'wrong', what, offset: 0 }
}

type Polish = readonly (Leaf | { readonly kind: 'operator'; readonly name: Operator })[]

function toPolish(tokens: readonly Token[]): Polish | undefined {
  const output: (Leaf | { readonly kind: 'operator'; readonly name: Operator })[] = []
  const waiting: (Operator | '(')[] = []
  const release = (isDone: (top: Operator) => boolean): void => {
    for (let top = waiting.at(-1); top !== undefined && top !== '(' && !isDone(top); top = waiting.at(-1)) {
      output.push({ kind: 'operator', name: top })
      waiting.pop()
    }
  }
  for (const token of tokens) {
    if (token.kind === 'value') output.push(token.value)
    else if (token.kind === 'open') waiting.push('(')
    else if (token.kind === 'operator') {
      if (token.name !== '!') release((top) => PRECEDENCE[top] > PRECEDENCE[token.name])
      waiting.push(token.name)
    } else {
      release(() => false)
      if (waiting.pop() === undefined) return undefined
    }
  }
  release(() => false)
  return waiting.length > 0 ? undefined : output
}

function toTree(polish: Polish): Tree | undefined {
  const stack: Tree[] = []
  for (const item of polish) {
    const made = item.kind === 'operator' ? combined(item.name, stack) : item
    if (made === undefined) return undefined
    stack.push(made)
  }
  return stack.length === 1 ? stack[0] : undefined
}

function combined(operator: Operator, stack: Tree[]): Tree | undefined {
  const right = stack.pop()
  if (right === undefined) return undefined
  if (operator === '!') return { kind: 'not', of: right }
  const left = stack.pop()
  return left === undefined ? undefined : { kind: 'binary', operator, left, right }
}

type Value = string | boolean | null

export type Lookup = (name: string) => string | undefined

/** Whether the condition holds. Values are text, an undefined variable is null, an empty one is not. */
export function holds({ tree }: Condition, lookup: Lookup): boolean {
  const value = valueOf(tree, lookup)
  return typeof value === 'string' ? value.trim() !== '' : value === true
}

function valueOf(tree: Tree, lookup: Lookup): Value {
  if (tree.kind === 'variable') return lookup(tree.name) ?? null
  if (tree.kind === 'pattern') return tree.source
  if (tree.kind === 'literal') return tree.value
  if (tree.kind === 'not') return !isTruthy(valueOf(tree.of, lookup))
  const { operator, right } = tree
  const left = valueOf(tree.left, lookup)
  if (operator !== '&&' && operator !== '||') return compared(operator, left, valueOf(right, lookup))
  // As Ruby has it: an empty text is true here, and false for the condition as a whole.
  const isLeftTrue = left !== null && left !== false
  return isLeftTrue === (operator === '&&') ? valueOf(right, lookup) : left
}

function isTruthy(value: Value): boolean {
  return typeof value === 'string' ? value.trim() !== '' : value === true
}

function compared(operator: '==' | '!=' | '=~' | '!~', left: Value, right: Value): boolean {
  if (operator === '==') return left === right
  if (operator === '!=') return left !== right
  return (operator === '=~') === isMatch(left ?? '', right)
}

/** What is no pattern is searched for the left side: Ruby's `scan` of a text. */
function isMatch(left: string | boolean, right: Value): boolean {
  if (right === null || right === false) return false
  const [text, wanted] = [String(left), String(right)]
  return rubyPattern(wanted)?.matches(text) ?? wanted.includes(text)
}
