import { systemClock, systemFiles } from '../../host/index.ts'
import { createHttp } from '../../net/index.ts'
import type { CosignIo } from './io.ts'

/** The process itself. */
export function systemCosignIo(): CosignIo {
  return {
    env: process.env,
    clock: systemClock,
    files: systemFiles,
    http: createHttp({ env: process.env, files: systemFiles }),
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    // Setting the title overwrites the memory from which the system shows the arguments.
    hideArguments: () => {
      process.title = 'cosign'
    },
  }
}
