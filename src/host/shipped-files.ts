import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from './package-root.ts'

export type ShippedFile = 'package.json' | 'docs/reference/errors.md' | 'templates/python-package.yml'

/**
 * The text of a file that is shipped with the program. The single-file build replaces this module by one that holds the
 * texts (scripts/build.ts), so that nothing has to lie beside it.
 */
export function shippedFile(name: ShippedFile): string {
  return readFileSync(join(packageRoot(), name), 'utf8')
}
