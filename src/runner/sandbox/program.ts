import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** In this order they are one program. */
const PARTS = ['kernel', 'network', 'root', 'limits', 'layer', 'enter'] as const

/** What runs before and around a script in its namespaces. The builds of the program hold the texts instead. */
export function insideProgram(): string {
  return PARTS.map(insideText).join('\n')
}

export function pythonLayerProgram(): string {
  return insideText('python_layer')
}

function insideText(name: string): string {
  return readFileSync(join(import.meta.dirname, 'inside', `${name}.py`), 'utf8')
}
