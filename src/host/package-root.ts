import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The folder that holds package.json, `examples/` and `templates/`: the checkout, or the installed package. */
export function packageRoot(): string {
  let folder = import.meta.dirname
  while (!existsSync(join(folder, 'package.json'))) {
    if (folder === dirname(folder)) throw new Error('package.json of wheelseal is missing')
    folder = dirname(folder)
  }
  return folder
}
