import { join } from 'node:path'
import { failed, ok, skipped, warning, type Check, type Finding } from '../check.ts'
import type { PlaceFacts } from '../io.ts'
import { shownValue } from '../shown.ts'

const LITTLE_BYTES = 1 << 30
const OTHERS = 0o077

/** The data directory of an instance, where this machine has one. */
export const dataCheck: Check = {
  name: 'data',
  effectOf: [],
  look: async ({ io: { data, inspect } }) => {
    const path = shownValue(data.value)
    const [folder, instance] = await Promise.all([
      inspect(data.value),
      inspect(join(data.value, 'instance.json')),
    ])
    if (folder === undefined) return [skipped(`no instance here: ${path} (${data.from}) does not exist`)]
    const problems = problemsOf(path, folder)
    if (problems.length > 0) return problems
    if (instance === undefined)
      return [skipped(`no instance here: ${path} (${data.from}) has no instance.json`)]
    return [ok(`data directory ${path} (${data.from})`, [`${gibibytes(folder.freeBytes)} are free`])]
  },
}

function problemsOf(
  path: string,
  { kind, mode, isReadable, isWritable, freeBytes }: PlaceFacts,
): readonly Finding[] {
  if (kind !== 'folder')
    return [failed({ fact: `${path} is not a folder`, next: 'name a folder with --data or WHEELSEAL_DATA' })]
  if (!isReadable || !isWritable)
    return [
      failed({
        fact: `permission denied: this user cannot ${isReadable ? 'write to' : 'read'} ${path}`,
        next: `run as the owner of the folder ('ls -ld ${path}' shows it), or name a different one with --data`,
      }),
    ]
  return [
    ...((mode & OTHERS) === 0
      ? []
      : [
          warning({
            fact: `other users can enter ${path} (mode ${(mode & 0o777).toString(8)})`,
            reason: 'private keys and tokens are in it',
            next: `chmod 700 ${path}`,
          }),
        ]),
    ...(freeBytes >= LITTLE_BYTES
      ? []
      : [
          warning({
            fact: `only ${gibibytes(freeBytes)} are free on the disk of ${path}`,
            reason: 'a server refuses uploads before its disk is full',
            next: 'free space on this disk, or move the data directory to a larger one',
          }),
        ]),
  ]
}

function gibibytes(bytes: number): string {
  return `${(bytes / (1 << 30)).toFixed(1)} GiB`
}
