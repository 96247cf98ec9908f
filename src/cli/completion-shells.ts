import { shellQuoted } from '../base/index.ts'
import type { CompletionFlag, CompletionNode, Described } from './completion-tree.ts'

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

type Tree = readonly CompletionNode[]

/** A script for the shell to read. It starts no program: it holds every name. */
export function completionScript(shell: Shell, tree: Tree): string {
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](tree)
}

function bashScript(tree: Tree): string {
  return `# bash completion of wheelseal: source <(wheelseal completion bash)
_wheelseal() {
  local current=\${COMP_WORDS[COMP_CWORD]} path='' word
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path/$word" in ${alternatives(tree.slice(1).map(({ path }) => path))}) path="$path/$word" ;; esac
  done
  case "$path \${COMP_WORDS[COMP_CWORD - 1]}" in
${valueCases(tree, { choose: (words) => `COMPREPLY=($(compgen -W ${shellQuoted(words.join(' '))} -- "$current")); return`, files: 'return' })}
  esac
  case $current in
    -*) case $path in
${cases(tree, ({ flags }) => offered(flags.flatMap(({ names }) => names)))}
    esac ;;
    *) case $path in
${cases(tree, ({ words }) => offered(words.map(({ name }) => name)))}
    esac ;;
  esac
}
complete -o default -F _wheelseal wheelseal
`
}

function offered(words: readonly string[]): string {
  return `COMPREPLY=($(compgen -W ${shellQuoted(words.join(' '))} -- "$current"))`
}

function zshScript(tree: Tree): string {
  return `#compdef wheelseal
# zsh completion of wheelseal: source <(wheelseal completion zsh), or as _wheelseal in a folder of fpath
_wheelseal() {
  local at='' word
  local -a offered
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at/$word" in (${alternatives(tree.slice(1).map(({ path }) => path))}) at="$at/$word" ;; esac
  done
  case "$at \${words[CURRENT-1]}" in
${valueCases(tree, { choose: (words) => `compadd -- ${words.map(shellQuoted).join(' ')}; return`, files: '_files; return', open: '(' })}
  esac
  if [[ $PREFIX == -* ]]; then
    case $at in
${cases(tree, ({ flags }) => described(flags.flatMap(flagNames)), '(')}
    esac
  else
    case $at in
${cases(tree, ({ words }) => (words.length === 0 ? '_files; return' : described(words)), '(')}
    esac
  fi
  _describe wheelseal offered
}
if [[ $funcstack[1] == _wheelseal ]]; then _wheelseal; else compdef _wheelseal wheelseal; fi
`
}

/** For `_describe`, in which a colon ends the name. */
function described(words: readonly Described[]): string {
  return `offered=(${words.map(({ name, summary }) => shellQuoted(`${name}:${summary}`)).join(' ')})`
}

function fishScript(tree: Tree): string {
  return `# fish completion of wheelseal: wheelseal completion fish | source
function __wheelseal_at
  set -l path ''
  for word in (commandline -opc)[2..]
    contains -- "$path/$word" ${tree
      .slice(1)
      .map(({ path }) => path)
      .join(' ')}; and set path "$path/$word"
  end
  test "$path" = "$argv[1]"
end
${tree.flatMap((node) => fishLines(node)).join('\n')}
`
}

function fishLines({ path, words, flags }: CompletionNode): readonly string[] {
  const at = `complete -c wheelseal -n "__wheelseal_at '${path}'"`
  return [
    ...words.map(({ name, summary }) => `${at} -f -a ${name} -d ${fishQuoted(summary)}`),
    ...flags.map(
      ({ names, summary, value }) => `${at}${fishNames(names)}${fishValue(value)} -d ${fishQuoted(summary)}`,
    ),
  ]
}

function fishNames(names: readonly string[]): string {
  return names
    .map((name) => (name.startsWith('--') ? ` -l ${name.slice(2)}` : ` -s ${name.slice(1)}`))
    .join('')
}

function fishValue(value: CompletionFlag['value']): string {
  if (value === 'none') return ''
  return value === 'any' ? ' -r' : ` -x -a ${fishQuoted(value.join(' '))}`
}

function fishQuoted(text: string): string {
  return `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`
}

function flagNames({ names, summary }: CompletionFlag): readonly Described[] {
  return names.map((name) => ({ name, summary }))
}

function alternatives(paths: readonly string[]): string {
  return paths.join('|')
}

function cases(tree: Tree, bodyOf: (node: CompletionNode) => string, open = ''): string {
  return tree.map((node) => `      ${open}'${node.path}') ${bodyOf(node)} ;;`).join('\n')
}

/** The lines of a shell that offer the value of a flag. */
interface ValueOffers {
  readonly choose: (words: readonly string[]) => string
  readonly files: string
  /** Before the pattern of a case. */
  readonly open?: string
}

/** Flags whose value is next: the words to choose from, or files. */
function valueCases(tree: Tree, { choose, files, open = '' }: ValueOffers): string {
  const lines = tree.flatMap(({ path, flags }) =>
    flags.flatMap(({ names, value }) => {
      if (value === 'none') return []
      const pattern = names.map((name) => `'${path} ${name}'`).join('|')
      return [`    ${open}${pattern}) ${value === 'any' ? files : choose(value)} ;;`]
    }),
  )
  return lines.join('\n')
}
