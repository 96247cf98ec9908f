/**
 * node run-case.ts CASE FOLDER: a case of cases.ts as it is, then once more for each sync that JavaScript asks for, with
 * that one left out. `acknowledge` is a system call on a path that is not there, so that strace shows when it was.
 */
import fs, { accessSync, mkdirSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { CASES } from './cases.ts'
import { acknowledgement } from './trace.ts'

const [name = '', root = ''] = process.argv.slice(2)
let count = 0
let leftOut = -1

/** True for the sync that is not to happen. */
function isLeftOut(): boolean {
  return count++ === leftOut
}

async function patchSyncs(): Promise<void> {
  const handle = await open(root, 'r')
  const methods = Object.getPrototypeOf(handle) as Record<'sync' | 'datasync', () => Promise<void>>
  for (const method of ['sync', 'datasync'] as const) {
    const real = methods[method]
    methods[method] = function sync(this: unknown) {
      return isLeftOut() ? Promise.resolve() : real.call(this)
    }
  }
  await handle.close()
  const real = fs.fsync
  fs.fsync = ((file: number, done: fs.NoParamCallback) =>
    isLeftOut() ? done(null) : real(file, done)) as typeof fs.fsync
  syncBuiltinESMExports()
}

async function runOnce(run: string): Promise<void> {
  const folder = join(root, run)
  mkdirSync(folder)
  count = 0
  await CASES[name]!.run(folder, (what) => {
    try {
      accessSync(acknowledgement(run, what))
    } catch {
      // It is never there.
    }
  })
}

await patchSyncs()
await runOnce('whole')
const all = CASES[name]!.isSimulated === true ? 0 : count
for (leftOut = 0; leftOut < all; leftOut += 1) await runOnce(`without-${leftOut}`)
