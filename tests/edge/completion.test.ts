import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commands, programFor } from '../../src/cli/commands.ts'
import { completionTree } from '../../src/cli/completion-tree.ts'
import { runProgram, wheelseal } from '../support/program.ts'

const folder = mkdtempSync(join(tmpdir(), 'wheelseal-completion-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** What each shell offers behind lines, by its own means. */
const offers: Readonly<
  Record<string, (script: string, lines: readonly string[]) => Promise<readonly string[]>>
> = {
  bash: (script, lines) =>
    Promise.all(
      lines.map(async (line) => {
        const words = line.split(' ').map((word) => `'${word}'`)
        const text = `source ${script}; COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; _wheelseal
printf '%s\\n' "\${COMPREPLY[@]}"`
        return (await runProgram(['bash', '-c', text])).stdout
      }),
    ),
  zsh: async (script, lines) => {
    const helper = join(import.meta.dirname, '..', 'support', 'typed-in-zsh.py')
    const { stdout, stderr } = await runProgram(['python3', helper, script, ...lines])
    if (stdout === '') throw new Error(stderr)
    return JSON.parse(stdout) as string[]
  },
  fish: (script, lines) =>
    Promise.all(
      lines.map(
        async (line) => (await runProgram(['fish', '-c', `source ${script}; complete -C '${line}'`])).stdout,
      ),
    ),
}

const LINES = {
  command: 'wheelseal ver',
  below: 'wheelseal trust ',
  flag: 'wheelseal verify --trusted-',
  otherFlag: 'wheelseal up --trusted-',
  face: 'wheelseal cosign sign-blob --output-c',
}

describe.each(Object.keys(offers))('completion in %s', (shell) => {
  const offered: Partial<Record<keyof typeof LINES, string>> = {}

  beforeAll(async () => {
    const { code, stdout } = await runProgram([wheelseal, 'completion', shell])
    expect(code).toBe(0)
    const script = join(folder, `wheelseal.${shell}`)
    writeFileSync(script, stdout)
    const texts = (await offers[shell]?.(script, Object.values(LINES))) ?? []
    Object.keys(LINES).forEach((name, at) => (offered[name as keyof typeof LINES] = texts[at] ?? ''))
  })

  it('ends the name of a command', () => {
    expect(offered.command).toMatch(/\bverify\b/)
  })

  it('knows the commands below a command, and no others', () => {
    expect(offered.below).toMatch(/\bexport\b/)
    expect(offered.below).toMatch(/\brotate-issuer\b/)
    expect(offered.below).not.toMatch(/^attest\b/m)
  })

  it('knows the flags of a command, and no others', () => {
    expect(offered.flag).toMatch(/--trusted-root\b/)
    expect(offered.otherFlag).not.toMatch(/--trusted-root\b/)
  })

  it('knows the flags of the cosign face', () => {
    expect(offered.face).toMatch(/--output-certificate\b/)
  })
})

describe('the tree of completions', () => {
  it('has every command of the help, and every flag of each', async () => {
    const tree = await completionTree(commands)
    const helped = [...(await helpOf()).matchAll(/^ {2}([a-z-]+) {2,}/gm)].map(([, one = '']) => one)
    expect(tree[0]?.words.map(({ name }) => name).toSorted()).toEqual(helped.toSorted())
    for (const { path, flags } of tree.filter((node) => !/^(?:|\/help|\/cosign.*)$/.test(node.path))) {
      const named = [...(await helpOf(...path.slice(1).split('/'))).matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)]
      const known = flags.flatMap(({ names }) => names).filter((name) => name.startsWith('--'))
      expect(known.toSorted(), path).toEqual(named.map(([, flag = '']) => flag).toSorted())
    }
  })
})

async function helpOf(name = '', ...below: readonly string[]): Promise<string> {
  let command = await programFor(name)
  for (const word of [name, ...below].filter((one) => one !== ''))
    command = command.commands.find((one) => one.name() === word) ?? command
  return command.helpInformation()
}
