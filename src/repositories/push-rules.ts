import { printable } from '../base/index.ts'
import { NO_OBJECT, type PushCommand } from './push-head.ts'

const MAX_REFS = 1_000
const MAX_REF_LENGTH = 255
/** What `git check-ref-format` refuses, and what is obeyed rather than shown. */
const NOT_IN_REF = /[\p{C}\p{Zl}\p{Zp} ~^:?*[\\]|\.\.|@\{|\/\/|^[/.-]|\/\.|[/.]$|\.lock(?:\/|$)|^@$/u
/** git would take the name for a commit, or for the branch that is checked out. */
const AMBIGUOUS = /^(?:[0-9a-f]{40}|[0-9a-f]{64}|HEAD|refs\/.*)$/

export interface PushRights {
  /** The default branch is protected, as on a new project of GitLab's. */
  readonly protectedRef: string
  readonly mayPushProtected: boolean
}

/** Why a push is refused as a whole, before git sees it; undefined for one that git may judge. */
export function refusalOf(commands: readonly PushCommand[], rights: PushRights): string | undefined {
  if (commands.length > MAX_REFS) return `a push may change ${MAX_REFS} refs, and this one changes more`
  const seen = new Set<string>()
  for (const command of commands) {
    const problem = problemOf(command, rights)
    if (problem !== undefined) return problem
    if (seen.has(command.ref)) return `the push changes ${command.ref} twice`
    seen.add(command.ref)
  }
  return undefined
}

function problemOf(
  { ref, newSha }: PushCommand,
  { protectedRef, mayPushProtected }: PushRights,
): string | undefined {
  const [, name] = /^refs\/(?:heads|tags)\/(.+)$/s.exec(ref) ?? []
  const shown = printable(ref, { maxLength: 300 })
  if (name === undefined) return `${shown} is neither a branch nor a tag; nothing else can be pushed`
  if (name.length > MAX_REF_LENGTH || NOT_IN_REF.test(name) || AMBIGUOUS.test(name))
    return `${shown} is not a name that a branch or tag can have here`
  if (ref !== protectedRef) return undefined
  if (newSha === NO_OBJECT) return `${shown} is the default branch, which cannot be deleted`
  if (mayPushProtected) return undefined
  return `${shown} is protected; pushing to it takes the role Maintainer`
}
