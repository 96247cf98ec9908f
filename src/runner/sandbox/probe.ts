import { mkdir, mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { describeError, printable, type Spawn } from '../../base/index.ts'
import { removeFolder } from '../job/folders.ts'
import type { HostEnvironment } from '../job/host-environment.ts'
import { tryEntering, type EntryFailure } from './enter.ts'
import { createSandboxMachine } from './machine.ts'
import { bareOrder } from './order.ts'

export interface ProbeOptions {
  readonly spawn: Spawn
  readonly host: HostEnvironment
  /** Where jobs will have their folders: whether overlays can write there is asked too. */
  readonly work: string
}

export type SandboxProbe =
  | { readonly isAvailable: true }
  | {
      readonly isAvailable: false
      /** What could not be done, such as `user namespace` or `overlay of /usr`. */
      readonly step: string
      /** The system's own words, and what they mean where that is something else. */
      readonly why: string
      readonly hint: string
    }

/** Enters a sandbox as jobs do, in a process of its own, and leaves it at once: the step at which that fails is the answer. */
export async function probeSandbox({ spawn, host, work }: ProbeOptions): Promise<SandboxProbe> {
  if (process.platform !== 'linux') return refused({ step: 'start', why: 'this system is not Linux' })
  await mkdir(work, { recursive: true, mode: 0o700 })
  const folder = await mkdtemp(join(work, 'probe-'))
  try {
    const machine = createSandboxMachine({ spawn, host, work: folder })
    const order = { ...bareOrder(folder, await machine.uid()), argv: ['/bin/true'] as const }
    const { failure } = await tryEntering({
      spawn,
      entry: await machine.entry(),
      order,
      onOutput: () => undefined,
    })
    return failure === undefined ? { isAvailable: true } : refused(failure)
  } catch (error) {
    return refused({ step: 'python', why: describeError(error) })
  } finally {
    await removeFolder(folder)
  }
}

const HINTS: readonly (readonly [step: RegExp, hint: string])[] = [
  [/^python$/, 'install Python 3.9 or newer, with its ctypes module'],
  [
    /^(user namespace|forbid)/,
    "allow user namespaces: 'sysctl user.max_user_namespaces' above 0, 'kernel.unprivileged_userns_clone=1' where it exists; a container needs a seccomp profile that allows unshare",
  ],
  [
    /^(mount namespace|tmpfs|bind|watch|change to user)/,
    "the kernel lets a user namespace be made but not used: on Ubuntu 'sysctl kernel.apparmor_restrict_unprivileged_userns=0', or an AppArmor profile for Python",
  ],
  [
    /^(overlay|upper)/,
    'overlays need Linux 5.11 and a disk that is not an overlay itself: choose another folder for temporary files (TMPDIR), such as a volume',
  ],
  [/^proc/, 'inside a container /proc must not be masked (its engine calls this unmasked)'],
  [/^(loopback|listen|process)/, 'a network and a process namespace are needed: a container must allow them'],
]

function refused({ step, why }: EntryFailure): SandboxProbe {
  const hint =
    HINTS.find(([steps]) => steps.test(step))?.[1] ?? 'run jobs with --executor plain, which does not isolate'
  return { isAvailable: false, step: printable(step), why: printable(meaningOf(step, why)), hint }
}

/** unshare(2): ENOSPC is the limit of namespaces, and no disk. */
function meaningOf(step: string, why: string): string {
  const isLimit = /namespace/.test(step) && why.includes('No space left on device')
  return isLimit
    ? `the kernel allows no more of them, user.max_user_namespaces is 0 or reached (${why})`
    : why
}
