import type { PlacedCommand } from '../project/project.ts'
import { blocksAround, type Block } from '../shell/command.ts'
import { hit, isChecksum, isSigning, isVerifying, sequences, started } from './look.ts'
import { pipeline, type Rule } from './rule.ts'

const VERIFY =
  'cosign verify-blob --bundle "$file.sigstore.json" --certificate-identity "$I" --certificate-oidc-issuer "$O" "$file"'

/** `[ -f "$file" ]` and the like. */
function asksForFile({ invocation }: PlacedCommand): boolean {
  if (invocation === undefined || !['[', '[[', 'test'].includes(invocation.program)) return false
  return invocation.args.some(({ text }) => /^-[efsr]$/.test(text))
}

function isPattern(block: Block): boolean {
  return (
    block.kind === 'for' &&
    block.words.some(({ text, isBare }) => (isBare && /[*?]/.test(text)) || text.includes('$()'))
  )
}

/** Files are counted, listed or compared with a list: none is found out. */
function counts(commands: readonly PlacedCommand[]): boolean {
  return commands.some(({ command, invocation, snippet }) => {
    if (isChecksum({ command, invocation, snippet, section: 'script' })) return true
    const isList = invocation?.program === 'ls' || invocation?.program === 'stat'
    if (isList && command.block === undefined && command.after !== '||') return true
    return command.assignments.some(({ value }) =>
      /^\$\(\([^)]*\+/.test(snippet.text.slice(value.start, value.start + 60)),
    )
  })
}

/** The blocks in which something asks whether a file is there. */
function guardedBlocks(commands: readonly PlacedCommand[]): ReadonlySet<Block> {
  const guarded = new Set<Block>()
  for (const placed of commands)
    if (asksForFile(placed)) for (const block of blocksAround(placed.command)) guarded.add(block)
  return guarded
}

function hasNullglob(commands: readonly PlacedCommand[]): boolean {
  return commands.some(
    ({ invocation }) =>
      invocation?.program === 'shopt' && invocation.args.some(({ text }) => text === 'nullglob'),
  )
}

const emptyLoop: Rule = {
  code: 'WS301',
  severity: 'error',
  title: 'a check that passes on no files',
  what: 'Files are signed or verified in a loop over a pattern that skips what is not there (`[ -f "$file" ]`, `nullglob`), and nothing counts them. Without the test a pattern that matches nothing stays as it is, and the command fails on it.',
  consequence: 'An empty `dist/`, or one with other names, counts as verified.',
  fix: 'Leave the test out, or compare the files with the list of those that were built: `sha256sum --check SHA256SUMS`.',
  source: ['POSIX, Shell Command Language 2.13.3: a pattern that matches nothing is left unchanged'],
  traps: ['S5'],
  bad: pipeline(`verify:
  script:
    - |
      for file in dist/*.whl; do
        if [ -f "$file" ]; then
          ${VERIFY}
        fi
      done
`),
  good: pipeline(`verify:
  script:
    - |
      for file in dist/*.whl; do
        ${VERIFY}
      done
`),
  *check(project) {
    for (const sequence of sequences(project)) {
      if (counts(sequence.commands)) continue
      const guarded = guardedBlocks(sequence.commands)
      const isNull = hasNullglob(sequence.commands)
      for (const placed of started(sequence)) {
        if (!isSigning(placed) && !isVerifying(placed)) continue
        const loop = [...blocksAround(placed.command)].find(isPattern)
        if (loop !== undefined && (isNull || guarded.has(loop)))
          yield hit(placed, placed.invocation.at, 'with no file there is nothing to fail')
      }
    }
  },
}

export const loopRules: readonly Rule[] = [emptyLoop]
