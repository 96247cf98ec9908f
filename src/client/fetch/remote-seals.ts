import { reworded, WheelsealError } from '../../base/index.ts'
import { readSealFile, type SealFile } from '../../verify/index.ts'
import { findBeside, type Prepared, type SealChoice } from '../verify/index.ts'
import type { RemoteFiles } from './remote-files.ts'

const NO_SEAL =
  'do not use the file; check that --api and --project name the registry with its signature, or ask its publisher to upload the signature'

/**
 * The seals that the registry has of a file. What cannot be read is passed over where there is something else: others
 * can park files there. Throws `verify.no-seal`, `sigstore.…`, `net.…`.
 */
export function remoteSeals(remote: RemoteFiles, choice: SealChoice): Prepared['sealsOf'] {
  if (choice.kind !== 'beside') throw new Error('the seals of a release are those that its registry has')
  return async (target) => {
    const { seals, notChecked } = await findBeside(target, choice, remote).catch(explain)
    const sealFiles: SealFile[] = []
    const unreadable: string[] = []
    let refusal: unknown
    for (const { paths, found } of seals) {
      const read = attempt(() => readSealFile(paths, found))
      if ('seal' in read) sealFiles.push(read.seal)
      else {
        refusal ??= read.refusal
        unreadable.push(...paths)
      }
    }
    if (sealFiles.length === 0) throw refusal
    return { sealFiles, notChecked: [...notChecked, ...unreadable] }
  }
}

function attempt(read: () => SealFile): { readonly seal: SealFile } | { readonly refusal: WheelsealError } {
  try {
    return { seal: read() }
  } catch (refusal) {
    if (refusal instanceof WheelsealError) return { refusal }
    throw refusal
  }
}

function explain(error: unknown): never {
  if (!(error instanceof WheelsealError) || error.code !== 'verify.no-seal') throw error
  throw reworded(error, { fact: error.message.replace('next to', 'in the registry for'), hint: NO_SEAL })
}
