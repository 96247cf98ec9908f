import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blocksAround, type ShellCommand } from './command.ts'
import { MAX_SCRIPT_LENGTH, readScript } from './read-script.ts'

const words = (text: string): readonly (readonly string[])[] =>
  readScript(text).commands.map((command) => command.words.map((word) => word.text))

function only(text: string): ShellCommand {
  const [command, ...more] = readScript(text).commands
  if (command === undefined || more.length > 0) throw new Error(`not one command: ${text}`)
  return command
}

describe('the words of a script', () => {
  it.each<[string, readonly (readonly string[])[]]>([
    ['pip  install build', [['pip', 'install', 'build']]],
    ['a "b c" \'d $e\' f\\ g', [['a', 'b c', 'd $e', 'f g']]],
    ['a \\\n  b', [['a', 'b']]],
    ['a # b', [['a']]],
    ['a#b', [['a#b']]],
    ['a && b || c; d | e & f', [['a'], ['b'], ['c'], ['d'], ['e'], ['f']]],
    ['a "x\\"y" \'it\'"\'"\'s\'', [['a', 'x"y', "it's"]]],
    [
      'echo "$(cat "a b")" c',
      [
        ['cat', 'a b'],
        ['echo', '$()', 'c'],
      ],
    ],
    [
      'a `b c` d',
      [
        ['b', 'c'],
        ['a', '$()', 'd'],
      ],
    ],
    [
      'diff <(a b) c',
      [
        ['a', 'b'],
        ['diff', '$()', 'c'],
      ],
    ],
    ['(cd x && y) || z', [['cd', 'x'], ['y'], ['z']]],
    ['for f in a b; do c "$f"; done', [['c', '$f']]],
    ['case $x in a|b) c;; *) d ;; esac; e', [['c'], ['d'], ['e']]],
    ['if ! a; then b; elif c; then d; else e; fi', [['a'], ['b'], ['c'], ['d'], ['e']]],
    ['f() { a; }; f', [['a'], ['f']]],
    ['x=(a b); c', [['a', 'b'], ['c']]],
    ['cat <<EOF > f\npip install x\nEOF\nnext', [['cat'], ['next']]],
    ['a 2>&1 >/dev/null b', [['a', 'b']]],
    ['echo ${X:-"a b"} ${Y}', [['echo', '${X:-"a b"}', '${Y}']]],
  ])('%j', (text, expected) => {
    expect(words(text)).toEqual(expected)
  })

  it('have the offsets of the text', () => {
    const text = 'X=1 cosign  "sign-blob" \\\n --yes'
    const command = only(text)
    expect(command.words.map(({ start, end }) => text.slice(start, end))).toEqual([
      'cosign',
      '"sign-blob"',
      '--yes',
    ])
    expect(command.assignments.map(({ name, value }) => [name, value.text, value.start])).toEqual([
      ['X', '1', 2],
    ])
  })

  it('say whether a pattern in them is looked for, and whether a variable is put in', () => {
    const shown = only('a dist/*.whl "dist/*.whl" \'$x\' "$x"').words.slice(1)
    expect(shown.map(({ isBare }) => isBare)).toEqual([true, false, false, false])
    expect(shown.map(({ isLiteral }) => isLiteral)).toEqual([true, true, true, false])
  })
})

describe('the commands of a script', () => {
  it('know what stands before and after them', () => {
    const { commands } = readScript('a || true\nb | c && d')
    expect(commands.map(({ before, after }) => [before, after])).toEqual([
      ['', '||'],
      ['||', '\n'],
      ['\n', '|'],
      ['|', '&&'],
      ['&&', ''],
    ])
  })

  it('know the blocks that they stand in, and their conditions', () => {
    const { commands } = readScript(
      'for file in dist/*.whl; do\n  if [ -f "$file" ]; then\n    cosign verify-blob\n  fi\ndone || true\nlast',
    )
    const [test, verify, , last] = commands
    expect(test?.isCondition).toBe(true)
    const [inner, outer] = [...blocksAround(verify as ShellCommand)]
    expect(inner).toMatchObject({ kind: 'if', conditions: [test] })
    expect(outer).toMatchObject({ kind: 'for', name: 'file', after: '||' })
    expect(outer?.words.map(({ text }) => text)).toEqual(['dist/*.whl'])
    expect(last?.block).toBe(undefined)
  })

  it('keep the here-documents of their redirections', () => {
    const text = 'cat << EOF > ~/.pypirc\npassword = $X\nEOF\n'
    const { redirects } = only(text)
    expect(redirects.map(({ operator, target }) => [operator, target.text])).toEqual([
      ['<<', 'EOF'],
      ['>', '~/.pypirc'],
    ])
    const [{ body } = {}] = redirects
    expect(text.slice(body?.start, body?.end)).toBe('password = $X\n')
  })
})

describe('a script of an enemy', () => {
  const pieces = [
    '$(',
    ')',
    '`',
    '"',
    "'",
    '\\',
    '\n',
    '<<A',
    'A',
    '{',
    '}',
    '${',
    ' ',
    ';',
    '&&',
    '|',
    '(',
    '#',
  ]
  const reserved = ['if ', 'then ', 'fi ', 'for x in ', 'do ', 'done ', 'case ', 'in ', 'esac ', '! ']

  it('never ends in an error, and its offsets stay inside', () => {
    const scripts = fc.array(fc.constantFrom(...pieces, ...reserved, 'a', '=', '1>'), { maxLength: 60 })
    fc.assert(
      fc.property(scripts, (parts) => {
        const text = parts.join('')
        for (const { start, end, words: found } of readScript(text).commands) {
          expect(start).toBeLessThanOrEqual(end)
          for (const word of found) expect(word.end).toBeLessThanOrEqual(text.length + 1)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it.each([...pieces, ...reserved, '$(a ', 'a <<A\n', '${a', '"$(', 'if a; then ', 'for x in y; do '])(
    'made of %j takes no longer than its length is worth, and says when it is not read to its end',
    (piece) => {
      const steps = (length: number): number => {
        const { commands, isCut } = readScript(
          piece.repeat(Math.ceil(length / piece.length)).slice(0, length),
        )
        expect(commands.length).toBeLessThanOrEqual(5001)
        return isCut ? 1 : 0
      }
      expect(steps(MAX_SCRIPT_LENGTH)).toBeLessThanOrEqual(1)
      expect(readScript(piece.repeat(MAX_SCRIPT_LENGTH + 1)).isCut).toBe(true)
    },
  )
})
