import type { BeforeScript, Script } from '../executor.ts'
import type { Variables } from '../job/variables.ts'
import type { Sandbox } from './arrange-sandbox.ts'
import { enterSandbox } from './enter.ts'
import type { SandboxOrder } from './order.ts'
import { dropUnfinished, findPrepared, keepPrepared, newLayerFolder, preparedName } from './prepared-layer.ts'

/** Each script has namespaces of its own; files are what one leaves to the next. */
export async function runScript(sandbox: Sandbox, script: Script): Promise<number> {
  script.signal.throwIfAborted()
  const { before, variables } = script
  if (before === undefined) return enter(sandbox, script, { order: sandbox.found.order })
  const plan = await planLayer(sandbox, before, variables)
  if (plan.kind !== 'make') return enter(sandbox, script, plan)
  let bytes: number | undefined
  try {
    return await enter(sandbox, script, { ...plan, onLayer: (size) => (bytes = size) })
  } finally {
    if (bytes === undefined) await dropUnfinished(plan.made)
    else await keepPrepared(plan.made, plan.name, bytes)
  }
}

type LayerPlan =
  | { readonly kind: 'none' | 'use'; readonly order: Partial<SandboxOrder> }
  | {
      readonly kind: 'make'
      readonly order: Partial<SandboxOrder>
      readonly made: string
      readonly name: string
    }

async function planLayer(sandbox: Sandbox, before: BeforeScript, variables: Variables): Promise<LayerPlan> {
  const { layers, log, order } = sandbox
  if (before.hasIdTokens && !before.isRefProtected) return { kind: 'none', order: { pauses: true } }
  const name = await preparedName(sandbox, before, variables)
  const number = order.sources.length
  const found = await findPrepared(layers, name)
  if (found !== undefined) {
    log.notice(
      'prepared layer: what before_script made of the system in an earlier job of this ref is in place',
    )
    // Later scripts of the job stand on the same layer: their upper ones hold only what differs from it.
    sandbox.found.order = { sources: [...order.sources, found], layer: number }
    return { kind: 'use', order: { ...sandbox.found.order, pauses: true } }
  }
  const made = await newLayerFolder(layers)
  log.notice('prepared layer: what before_script makes of the system is kept for later jobs of this ref')
  return {
    kind: 'make',
    order: { pauses: true, sources: [...order.sources, made], keepLayerIn: number },
    made,
    name,
  }
}

interface More {
  readonly order: Partial<SandboxOrder>
  readonly onLayer?: (bytes: number) => void
}

async function enter({ machine, order, shell }: Sandbox, script: Script, more: More): Promise<number> {
  const { onLayer } = more
  return enterSandbox({
    spawn: machine.spawn,
    entry: await machine.entry(),
    order: {
      ...order,
      ...more.order,
      uid: await machine.uid(),
      argv: [`/bin/${shell}`, script.file],
      env: { ...order.env, ...Object.fromEntries(script.variables) },
    },
    signal: script.signal,
    onOutput: script.onOutput,
    ...(onLayer === undefined ? {} : { onLayer }),
  })
}
