import { join } from 'node:path'
import { utf8, type Spawn } from '../../base/index.ts'
import { runnerErrors } from '../errors.ts'
import type { Python } from '../plain/python.ts'
import { enterSandbox } from './enter.ts'
import { layerName, layerOf, times } from './layer-store.ts'
import type { SandboxMachine } from './machine.ts'
import { bareOrder } from './order.ts'
import { pythonLayerProgram } from './program.ts'

const MAX_SAID_LENGTH = 2_000
/** Of a virtual environment, which is nearly all pip's. */
const PATH = '/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** What lies above a self-contained Python when it becomes /usr/local; made once for each. */
export async function prefixLayer(machine: SandboxMachine, folder: string, python: Python): Promise<string> {
  const { spawn } = machine
  const { prefix, version } = python
  const uid = await machine.uid()
  const [, minor] = version.split('.')
  const changed = await times([join(prefix, 'bin'), join(prefix, 'lib', `python3.${minor}`, 'site-packages')])
  const name = layerName(`python-${version}`, [prefix, uid, changed])
  return layerOf(folder, name, async (made) => {
    const order = { prefix, layer: made, uid }
    const argv = [python.executable, '-I', '-S', '-B', '-c', pythonLayerProgram()] as const
    await runQuietly(spawn, argv, order)
    return made
  })
}

/**
 * The system's Python has no place of its own, and no package may be installed into it: /usr/local is a virtual
 * environment of it, made there, in a sandbox. It takes seconds, once.
 */
export async function venvLayer(machine: SandboxMachine, folder: string, python: Python): Promise<string> {
  const uid = await machine.uid()
  const name = layerName(`venv-${python.version}`, [python, uid, await times([python.executable])])
  return layerOf(folder, name, async (made) => {
    let said = ''
    const exitCode = await enterSandbox({
      spawn: machine.spawn,
      entry: await machine.entry(),
      order: {
        ...bareOrder(made, uid),
        argv: [python.executable, '-m', 'venv', '/usr/local'],
        env: { PATH, HOME: '/tmp' },
      },
      onOutput: (chunk) => {
        said = (said + Buffer.from(chunk).toString('utf8')).slice(-MAX_SAID_LENGTH)
      },
    })
    if (exitCode !== 0)
      throw runnerErrors('runner.python', `${python.executable} -m venv failed: ${said.trim()}`)
    return join(made, 'up', 'usr-local')
  })
}

async function runQuietly(spawn: Spawn, argv: readonly [string, ...string[]], order: object): Promise<void> {
  let said = ''
  const onOutput = (chunk: Uint8Array): void => {
    said = (said + Buffer.from(chunk).toString('utf8')).slice(-MAX_SAID_LENGTH)
  }
  const { exitCode } = await spawn.run({ argv, env: {}, input: utf8(JSON.stringify(order)), onOutput })
  if (exitCode !== 0)
    throw runnerErrors('runner.python', `the layer of Python could not be made: ${said.trim()}`)
}
