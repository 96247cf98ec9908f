import type { Script } from '../executor.ts'
import type { Sandbox } from './arrange-sandbox.ts'
import { enterSandbox } from './enter.ts'

/** Each script has namespaces of its own; files are what one leaves to the next. */
export async function runScript(sandbox: Sandbox, script: Script): Promise<number> {
  const { machine, order } = sandbox
  return enterSandbox({
    spawn: machine.spawn,
    entry: await machine.entry(),
    order: {
      ...order,
      uid: await machine.uid(),
      argv: [`/bin/${sandbox.shell}`, script.file],
      env: { ...order.env, ...Object.fromEntries(script.variables) },
    },
    signal: script.signal,
    onOutput: script.onOutput,
  })
}
