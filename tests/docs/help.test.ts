import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { commands, programFor } from '../../src/cli/commands.ts'
import { attestPlanOf, signPlanOf } from '../../src/cli/sign-flags.ts'
import { planOf } from '../../src/cli/verify-flags.ts'
import { runCosign, type CosignIo } from '../../src/cli/cosign/index.ts'

interface Found {
  readonly path: string
  readonly command: Command
}

const loaded = await Promise.all(
  Object.keys(commands).map(async (name) => ({
    path: name,
    command: (await programFor(name)).commands.find((command) => command.name() === name)!,
  })),
)
const all = loaded.flatMap((found) => withChildren(found))
const leaves = all.filter(({ command }) => command.commands.length === 0)

function withChildren({ path, command }: Found): readonly Found[] {
  return [
    { path, command },
    ...command.commands.flatMap((child) => withChildren({ path: `${path} ${child.name()}`, command: child })),
  ]
}

function helpOf(command: Command): string {
  let text = ''
  command.configureOutput({ writeOut: (part) => (text += part), getOutHelpWidth: () => 80 }).outputHelp()
  return text
}

/** The calls of this program in the examples of a help, a call that goes over several lines as one. */
function examplesOf(help: string): readonly string[] {
  const [, examples = ''] = /^[^\n]*Examples?:\s(.*?)(?:\n\n|$(?![^]))/ms.exec(help) ?? []
  const lines = examples.replaceAll(/\\\n\s*/g, '').split('\n')
  return lines
    .flatMap((line) => line.split(/&&|\||;|\$\(|\)| &$/))
    .filter((part) => /^ *(?:\w+=\S+ )?wheelseal /.test(part))
}

/** What is said by flags alone must fit together too. */
async function planned(...given: readonly unknown[]): Promise<void> {
  const command = given.at(-1) as Command
  const [files, options] = [command.args, command.opts()]
  if (command.name() === 'verify') await planOf(files, options, [])
  if (command.name() === 'sign') signPlanOf(files, options, { env: {}, settings: [] })
  if (command.name() === 'attest') attestPlanOf(files, options, { env: {}, settings: [] })
}

/** As the program reads its arguments; what the command would do is left out. */
async function parsed(example: string): Promise<string> {
  const words = example.trim().split(/\s+/)
  const argv = words.slice(words.indexOf('wheelseal') + 1)
  const program = await programFor(argv[0] ?? '')
  let complaint = ''
  for (const { command } of withChildren({ path: '', command: program }))
    command.action(planned).configureOutput({ outputError: (text) => void (complaint += text) })
  await program.parseAsync(argv, { from: 'user' }).catch((error: unknown) => (complaint += String(error)))
  return complaint
}

describe('the help of every command', () => {
  it('is that of the whole table', () => {
    expect(leaves.length).toBeGreaterThanOrEqual(16)
  })

  it.each(all)('$path says what it does, and what every flag and argument is', ({ command }) => {
    expect(command.description()).toMatch(/^[A-Z].{15,}\.$/s)
    for (const { flags, description } of command.options) expect(description.length, flags).toBeGreaterThan(8)
    for (const argument of command.registeredArguments)
      expect(argument.description.length, argument.name()).toBeGreaterThan(4)
  })

  it.each(leaves)('$path has examples that the program takes', async ({ path, command }) => {
    const examples = examplesOf(helpOf(command))
    expect(examples.some((example) => example.includes(`wheelseal ${path} `))).toBe(true)
    for (const example of examples) expect(await parsed(example), example).toBe('')
  })

  it.each(all)('$path fits a terminal of 80 columns', ({ command }) => {
    const wide = helpOf(command)
      .split('\n')
      .filter((line) => line.length > 80)
    // A long word has nowhere to break.
    expect(wide.filter((line) => line.split(' ').every((word) => word.length <= 32))).toEqual([])
  })

  it('would find an example that does not work', async () => {
    expect(examplesOf('Example: wheelseal up --dta x')).toEqual(['wheelseal up --dta x'])
    expect(await parsed('wheelseal up --dta x')).toContain('unknown option')
    expect(await parsed('wheelseal verify')).toContain('missing required argument')
  })
})

describe('the help of the cosign face', () => {
  const said = async (...argv: readonly string[]): Promise<string> => {
    let text = ''
    const io = { env: {}, stdout: (part: string) => (text += part), stderr: (part: string) => (text += part) }
    await runCosign(argv, io as unknown as CosignIo)
    return text
  }

  it.each(['sign-blob', 'verify-blob', 'initialize'])(
    '%s describes every flag and has an example',
    async (name) => {
      const help = await said(name, '--help')
      const flags = help.split('\n').filter((line) => /^ +(?:-\w, )?--/.test(line))
      expect(flags.length).toBeGreaterThan(1)
      for (const flag of flags) expect(flag).toMatch(/--[\w-]+(?: VALUE)? +\w.{5,}$/)
      expect(help).toContain(`Example:\n  cosign ${name} `)
    },
  )

  it('is asked for in either way', async () => {
    expect(await said('help', 'sign-blob')).toBe(await said('sign-blob', '--help'))
    expect(await said('help')).toBe(await said('--help'))
  })

  it('has the code of an error', async () => {
    expect(await said('help', 'cosign.usage')).toContain('what to do')
  })
})
