import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Updater } from 'tuf-js'
import { cosign2, cosign3, python } from './judges.ts'
import { runProgram, type Outcome } from './program.ts'
import { asOutcome } from './sigstore-js.ts'

export interface Refresh {
  /** Address of the metadata. */
  readonly mirror: string
  /** The file that is trusted before the first request. */
  readonly root: string
  /** What the client keeps from one refresh to the next. */
  readonly home: string
  /** Every target that the repository is known to have. */
  readonly names: readonly string[]
}

/** Unmodified clients that refresh all metadata and then fetch every target. */
export interface TufClient {
  readonly needs: readonly string[]
  /** Whether it prints what it has fetched. */
  readonly namesTargets: boolean
  refresh(asked: Refresh): Promise<Outcome>
}

export const tufClients = {
  'cosign 2.2.3': { needs: [cosign2], namesTargets: true, refresh: initialize(cosign2) },
  'cosign 3.1.2': { needs: [cosign3], namesTargets: false, refresh: initialize(cosign3) },
  'python-tuf 7.0.1': {
    needs: [python],
    namesTargets: true,
    refresh: ({ mirror, root, home, names }) => {
      const script = join(import.meta.dirname, 'tuf-client.py')
      return runProgram([python, script, mirror, root, join(home, 'tuf'), join(home, 'targets'), ...names])
    },
  },
  'tuf-js 6.0.2': { needs: [], namesTargets: true, refresh: refreshWithJs },
} as const satisfies Record<string, TufClient>

function initialize(cosign: string): TufClient['refresh'] {
  return ({ mirror, root, home }) =>
    runProgram([cosign, 'initialize', '--mirror', mirror, '--root', root], {
      env: { TUF_ROOT: join(home, 'tuf'), HOME: home },
    })
}

async function refreshWithJs({ mirror, root, home, names }: Refresh): Promise<Outcome> {
  const [metadataDir, targetDir] = [join(home, 'tuf'), join(home, 'targets')]
  for (const folder of [metadataDir, targetDir]) await mkdir(folder, { recursive: true })
  await copyFile(root, join(metadataDir, 'root.json'))
  const fetched: string[] = []
  const outcome = await asOutcome(async () => {
    const targetBaseUrl = `${mirror}/targets`
    const updater = new Updater({ metadataDir, metadataBaseUrl: mirror, targetDir, targetBaseUrl })
    await updater.refresh()
    for (const name of names) {
      const target = await updater.getTargetInfo(name)
      if (target === undefined) throw new Error(`no target ${name}`)
      await updater.downloadTarget(target)
      fetched.push(name)
    }
  })
  return { ...outcome, stdout: fetched.join('\n') }
}
