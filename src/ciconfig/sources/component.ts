import type { SourceText } from './sources.ts'

export interface ComponentParts {
  readonly project: string
  readonly name: string
  readonly version: string
}

/** `HOST/GROUP/PROJECT/NAME@VERSION`. */
export function componentParts(address: string): ComponentParts | undefined {
  const [, path = '', version] = /^([^@\s]{1,1024})@([^@\s]{1,255})$/.exec(address) ?? []
  const [host, ...parts] = path.split('/')
  const name = parts.pop()
  if (version === undefined || name === undefined || host === undefined || parts.length < 2) return undefined
  return { project: parts.join('/'), name, version }
}

/** A component that comes with the program: nobody needs its project for it. */
export interface ShippedComponent {
  readonly project: string
  readonly name: string
  readonly version: string
  readonly text: string
}

/** Its text, or why it is not what is asked for; undefined for components of other projects. */
export function shippedText(asked: ComponentParts, shipped: ShippedComponent): SourceText | undefined {
  const { project, name, version } = shipped
  if (asked.project !== project) return undefined
  if (asked.name === name && (findVersion(asked.version, [version]) ?? asked.version) === version)
    return { kind: 'text', text: shipped.text }
  return { kind: 'absent', reason: `of ${project}, this program has ${name}@${version} only` }
}

type Numbers = readonly [number, number, number]

const VERSION = /^v?(\d{1,9})\.(\d{1,9})\.(\d{1,9})$/

/** `~latest`, `1`, `1.2` to the highest release among the tags; undefined for what is no such range, or has none. */
export function findVersion(wanted: string, tags: readonly string[]): string | undefined {
  const isLatest = wanted === '~latest'
  if (!isLatest && !/^\d{1,9}(?:\.\d{1,9})?$/.test(wanted)) return undefined
  const prefix = isLatest ? [] : wanted.split('.').map(Number)
  let best: { readonly tag: string; readonly numbers: Numbers } | undefined
  for (const tag of tags) {
    const numbers = numbersOf(tag)
    if (numbers === undefined || !prefix.every((number, index) => numbers[index] === number)) continue
    if (best === undefined || isHigher(numbers, best.numbers)) best = { tag, numbers }
  }
  return best?.tag
}

function numbersOf(tag: string): Numbers | undefined {
  const match = VERSION.exec(tag)
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3])]
}

function isHigher(a: Numbers, b: Numbers): boolean {
  const index = a.findIndex((number, position) => number !== b[position])
  return index >= 0 && (a[index] ?? 0) > (b[index] ?? 0)
}
