import { existsSync } from 'node:fs'
import { runnerErrors } from '../errors.ts'
import type { ImageOrder } from '../executor.ts'
import { describePython, pythonOfImage, type Python } from '../plain/python.ts'
import type { SandboxMachine } from './machine.ts'
import { prefixLayer, venvLayer } from './python-layer.ts'

/** What an image becomes: the layers of /usr/local, the uppermost first, and links to it from where things expect it. */
export interface Image {
  readonly local: readonly string[]
  readonly links: readonly (readonly [path: string, target: string])[]
  readonly python: Python | undefined
}

export interface ImageChoice {
  readonly machine: SandboxMachine
  readonly layers: string
  /** A Python that is not the one the image names is an error. */
  readonly isStrict: boolean
}

const LOCAL = '/usr/local'
const OF_MACHINE: Omit<Image, 'python'> = { local: existsSync(LOCAL) ? [LOCAL] : [], links: [] }
/** Its programs and library are in the job as they are; it has no place of its own. */
const SYSTEM_PREFIXES: readonly string[] = ['/usr', '/']

export async function chooseImage(choice: ImageChoice, { image, log }: ImageOrder): Promise<Image> {
  const wanted = pythonOfImage(image)
  if (wanted === undefined) {
    if (image !== '') log.notice(`image ${image} → the programs of this machine (no images are started)`)
    return { ...OF_MACHINE, python: undefined }
  }
  const python = await choice.machine.pythons.find(wanted)
  const { text, isOther } = describePython(image, wanted, python)
  if (isOther && choice.isStrict) throw runnerErrors('runner.image', text)
  if (isOther) log.warning(text)
  else log.notice(text)
  return { python, ...(await placeOf(choice, python)) }
}

async function placeOf({ machine, layers }: ImageChoice, python: Python): Promise<Omit<Image, 'python'>> {
  if (SYSTEM_PREFIXES.includes(python.prefix))
    return { local: [await venvLayer(machine, layers, python)], links: [] }
  const layer = await prefixLayer(machine, layers, python)
  // A shared library is looked for where it was built; it is that of the image.
  const links = python.prefix === LOCAL ? [] : [[python.prefix, LOCAL] as const]
  return { local: [layer, python.prefix], links }
}
