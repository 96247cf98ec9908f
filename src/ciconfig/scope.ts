import {
  expandText,
  expandVariables,
  MAX_EXPANDED_LENGTH,
  type ExpansionMode,
  type Variable,
} from './expand.ts'
import { byPrecedence, overYaml, splitPredefined, type KnownVariables } from './variables.ts'

/**
 * The variables of one job, each name once, by precedence. What all jobs share is not copied for each: a pipeline has
 * a thousand jobs, and a hundred variables that are the same for all of them.
 */
export interface Scope {
  get(name: string): Variable | undefined
  /** By precedence, a name as often as it is defined. */
  list(): readonly Variable[]
}

interface Layers {
  readonly below: ReadonlyMap<string, Variable>
  readonly above: ReadonlyMap<string, Variable>
}

const layers = new WeakMap<KnownVariables, Layers>()

/** `facts` are what GitLab predefines for the job itself. */
export function scopeOf(
  known: KnownVariables,
  { yaml, facts = [] }: { readonly yaml: readonly Variable[]; readonly facts?: readonly Variable[] },
): Scope {
  const { below, above } = layers.get(known) ?? layersOf(known)
  const own = byName(yaml)
  const ofJob = byName(facts)
  return {
    get: (name) => above.get(name) ?? own.get(name) ?? below.get(name) ?? ofJob.get(name),
    list: () => byPrecedence({ ...known, predefined: [...facts, ...known.predefined] }, yaml),
  }
}

function layersOf(known: KnownVariables): Layers {
  const made = { below: byName(splitPredefined(known).ordinary), above: byName(overYaml(known)) }
  layers.set(known, made)
  return made
}

function byName(variables: readonly Variable[]): ReadonlyMap<string, Variable> {
  return new Map(variables.map((variable) => [variable.key, variable]))
}

/** A masked value is text that nothing expands. */
function hideMasked(variable: Variable): Variable {
  return variable.isMasked === true ? { ...variable, value: '[MASKED]', isRaw: true } : variable
}

export function hidden(scope: Scope): Scope {
  return {
    get: (name) => {
      const variable = scope.get(name)
      return variable && hideMasked(variable)
    },
    list: () => scope.list().map(hideMasked),
  }
}

/** Deeper chains of references are expanded all at once. */
const MAX_DEPTH = 200

/** Variables expanded as they are asked for. In a circle, or where they grow too large, they stay as they are. */
export class Expanded {
  readonly #scope: Scope
  readonly #mode: ExpansionMode
  readonly #done = new Map<string, Variable | undefined>()
  readonly #open = new Set<string>()
  #budget = MAX_EXPANDED_LENGTH
  #isBroken = false
  #whole: ReadonlyMap<string, Variable> | undefined

  constructor(scope: Scope, mode: ExpansionMode) {
    this.#scope = scope
    this.#mode = mode
  }

  /** Some refer to each other in a circle, or have become too large. */
  get isBroken(): boolean {
    return this.#isBroken
  }

  get(name: string): Variable | undefined {
    if (this.#done.has(name)) return this.#done.get(name)
    const variable = this.#scope.get(name)
    const isPlain = variable === undefined || variable.isRaw === true || !/[$%]/.test(variable.value)
    const expanded = isPlain ? variable : this.#expanded(variable)
    this.#budget -= expanded?.value.length ?? 0
    if (this.#budget < 0) this.#isBroken = true
    this.#done.set(name, expanded)
    return expanded
  }

  #expanded(variable: Variable): Variable {
    if (this.#open.size > MAX_DEPTH) return this.#wholeOf().get(variable.key) ?? this.#broken(variable)
    if (this.#open.has(variable.key) || this.#isBroken) return this.#broken(variable)
    this.#open.add(variable.key)
    const value = this.text(variable.value)
    this.#open.delete(variable.key)
    return value === undefined ? this.#broken(variable) : { ...variable, value }
  }

  /** All at once, which needs no depth; empty where that cannot be done. */
  #wholeOf(): ReadonlyMap<string, Variable> {
    if (this.#whole === undefined) {
      const expansion = expandVariables(this.#scope.list(), this.#mode)
      const list = expansion.kind === 'expanded' ? expansion.variables : []
      this.#whole = new Map(list.map((variable) => [variable.key, variable]))
    }
    return this.#whole
  }

  #broken(variable: Variable): Variable {
    this.#isBroken = true
    return variable
  }

  /** Undefined where it grows too large. */
  text(text: string): string | undefined {
    return expandText(text, { variables: this, mode: this.#mode, maxLength: Math.max(0, this.#budget) })
  }
}

/** For names and globs that GitLab expands when it makes the pipeline; what is not known becomes `unknown`. */
export function expander(scope: Scope, unknown: 'kept' | 'empty'): (text: string) => string {
  const expanded = new Expanded(scope, unknown === 'empty' ? 'all' : 'known')
  return (text) => (/[$%]/.test(text) ? (expanded.text(text) ?? text) : text)
}
