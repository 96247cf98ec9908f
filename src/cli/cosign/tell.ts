import { printable } from '../../base/index.ts'
import type { CosignIo } from './io.ts'

/** Lines of standard error: whatever they quote of a file, a name or a service, each stays the one line that it is. */
export function tell({ stderr }: Pick<CosignIo, 'stderr'>, ...lines: readonly string[]): void {
  stderr(lines.map((line) => `${printable(line)}\n`).join(''))
}
