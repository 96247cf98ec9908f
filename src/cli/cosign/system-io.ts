import { chmod, realpath, stat, writeFile } from 'node:fs/promises'
import { describeError } from '../../base/index.ts'
import { systemEntropy, userFolders } from '../../host/index.ts'
import { systemVerifyIo } from '../verify-io.ts'
import { cosignErrors } from './errors.ts'
import type { CosignIo, Output } from './io.ts'

/** cosign writes what is new for the owner alone. */
const NEW_FILE_MODE = 0o600

/** The process itself. */
export function systemCosignIo(): CosignIo {
  return {
    ...systemVerifyIo(process.env),
    env: process.env,
    entropy: systemEntropy,
    dataFolder: userFolders(process.env).data,
    writeOutputs,
    stdout: (content) => void process.stdout.write(content),
    stderr: (text) => void process.stderr.write(text),
    // Setting the title overwrites the memory from which the system shows the arguments.
    hideArguments: () => {
      process.title = 'cosign'
    },
  }
}

/** A path as the system sees it. */
interface Place extends Output {
  /** Of the file that is there, where it is one. */
  readonly mode?: number
  readonly kind: 'file' | 'device'
}

async function writeOutputs(outputs: readonly Output[]): Promise<void> {
  const places = await Promise.all(outputs.map(findPlace))
  const files = places.filter(({ kind }) => kind === 'file')
  // Loaded here: verification writes nothing.
  const { writeTogether } = await import('../../client/sign/index.ts')
  const group = files.map(({ path, bytes }) => [path, bytes] as const)
  await writeTogether([group], { mode: NEW_FILE_MODE })
  for (const { path, mode } of files) if (mode !== undefined) await chmod(path, mode)
  for (const { path, bytes, kind } of places) if (kind === 'device') await writeDevice(path, bytes)
}

async function findPlace({ path, bytes }: Output): Promise<Place> {
  // Through a link, as cosign does; a rename would put the file in the place of the link.
  const real = await realpath(path).catch(() => path)
  const found = await stat(real).catch(() => undefined)
  if (found === undefined) return { path: real, bytes, kind: 'file' }
  if (found.isFile()) return { path: real, bytes, kind: 'file', mode: found.mode & 0o777 }
  // A rename onto a device would take the device away from the whole machine.
  return { path: real, bytes, kind: 'device' }
}

async function writeDevice(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFile(path, bytes)
  } catch (cause) {
    throw cosignErrors('cosign.output', `${path}: ${describeError(cause)}`, { cause })
  }
}
