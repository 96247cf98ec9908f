import { writeFileSync } from 'node:fs'
import type { Reporter, SerializedError, TestModule, Vitest } from 'vitest/node'

/**
 * Errors outside of every test, which end a run with 1 and stand in no JSON report: written beside it, as
 * `FILE.errors`, where `npm run check -- --tests` finds them.
 */
// oxlint-disable-next-line import/no-default-export -- Vitest loads a reporter by its path.
export default class UnhandledErrors implements Reporter {
  #path: string | undefined

  onInit({ config: { outputFile } }: Vitest): void {
    const path = typeof outputFile === 'string' ? outputFile : outputFile?.json
    this.#path = path === undefined ? undefined : `${path}.errors`
  }

  onTestRunEnd(_modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    if (this.#path === undefined || errors.length === 0) return
    writeFileSync(this.#path, errors.map(({ stack, message }) => `${stack ?? message}\n`).join('\n'))
  }
}
