import { describe, expect, it } from 'vitest'
import {
  initializeFlags,
  signBlobFlags,
  verifyBlobFlags,
  type CommandFlags,
} from '../../src/cli/cosign/flag-table.ts'
import { cosign2, cosign3, present } from '../support/judges.ts'
import { runProgram } from '../support/program.ts'

const commands = [
  ['sign-blob', signBlobFlags],
  ['verify-blob', verifyBlobFlags],
  ['initialize', initializeFlags],
] as const

/** So that each is either had or refused by its name, and none is called unknown. */
describe.runIf(present(cosign2, cosign3))('the flags that stock cosign shows', () => {
  it.each(commands)('of %s are all known', async (command, table) => {
    for (const cosign of [cosign2, cosign3]) {
      const shown = await shownFlags(cosign, command)
      expect(shown.length).toBeGreaterThan(4)
      expect(shown.filter((name) => !isKnown(name, table))).toEqual([])
    }
  })

  it.each(commands)('of %s are the same in 2.2.3, but for two of cosign 3', async (command, { flags }) => {
    const shown = await shownFlags(cosign2, command)
    const more = flags.map(({ name }) => name).filter((name) => !shown.includes(name))
    const ofCosign3 = command === 'initialize' ? [] : ['new-bundle-format', 'trusted-root']
    expect(more.toSorted()).toEqual(ofCosign3)
  })
})

async function shownFlags(cosign: string, command: string): Promise<readonly string[]> {
  const { stdout } = await runProgram([cosign, command, '--help'])
  const names = [...stdout.matchAll(/^ +(?:-\w, )?--([a-z0-9-]+)/gm)].map(([, name = '']) => name)
  return names.filter((name) => name !== 'help')
}

function isKnown(name: string, { flags, unsupported }: CommandFlags): boolean {
  return unsupported.includes(name) || flags.some((flag) => flag.name === name)
}
