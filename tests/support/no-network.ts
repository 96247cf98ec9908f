import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { runProgram, type Outcome, type ProgramOptions } from './program.ts'

/** What `no-network-guard.mjs` ends with. */
export const GUARD_EXIT = 97

const NAMESPACE = ['unshare', '--map-root-user', '--net']
const guard = join(import.meta.dirname, 'no-network-guard.mjs')

/**
 * How a program is kept from the network. In a namespace of its own there is no interface that is up, loopback
 * included, and the kernel says no, whatever the program tries. Some containers allow none; there a guard inside of
 * Node ends the program at the first attempt, which is as loud, but sees Node's own doors only.
 */
export const cutBy: 'namespace' | 'guard' = isAllowed() ? 'namespace' : 'guard'

function isAllowed(): boolean {
  const [program = '', ...args] = NAMESPACE
  if (spawnSync(program, [...args, 'true']).status === 0) return true
  console.warn(
    `no network namespace on this machine (${NAMESPACE.join(' ')}): a guard inside of Node in its place`,
  )
  return false
}

/** Runs a program to its end where nobody can be asked. */
export function runCut(argv: readonly string[], options: ProgramOptions = {}, by = cutBy): Promise<Outcome> {
  if (by === 'namespace') return runProgram([...NAMESPACE, ...argv], options)
  const node = `${process.env['NODE_OPTIONS'] ?? ''} --import ${guard}`
  return runProgram(argv, { ...options, env: { ...options.env, NODE_OPTIONS: node.trim() } })
}
