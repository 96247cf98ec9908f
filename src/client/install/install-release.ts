import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Command } from '../../base/index.ts'
import {
  fetchErrors,
  installCommands,
  requirementsText,
  type Installer,
  type SdistChoice,
} from '../../packaging/index.ts'
import { fetchFiles, type FetchIo, type FetchPlan, type FetchReport } from '../fetch/index.ts'
import { installerEnvironment } from './environment.ts'
import { findInstaller, type InstallerChoice, type InstallerPorts } from './find-installer.ts'

export interface InstallPlan extends InstallerChoice {
  readonly fetch: Omit<FetchPlan, 'out'>
  /** Where the files stay; without it they are gone when they are installed. */
  readonly out: string | undefined
  readonly sdists: SdistChoice
  readonly dependencyIndex: string | undefined
  readonly more: readonly string[]
}

export interface InstallIo extends FetchIo, InstallerPorts {
  readonly onOutput: NonNullable<Command['onOutput']>
}

export interface InstallReport {
  readonly fetched: FetchReport
  /** Undefined where a file was refused: then nothing was started. */
  readonly installer: Installer | undefined
}

/**
 * Fetches and verifies all versions, then has pip or uv install these files and no others. Throws what `fetchFiles`
 * throws, `packaging.no-installer`, `packaging.no-wheel`, `packaging.dependencies`, `packaging.installer`.
 */
export async function installRelease(plan: InstallPlan, io: InstallIo): Promise<InstallReport> {
  const installer = await findInstaller(plan, io)
  const folder = await mkdtemp(join(tmpdir(), 'wheelseal-install-'))
  try {
    const out = plan.out ?? join(folder, 'files')
    const fetched = await fetchFiles({ ...plan.fetch, out }, io)
    if (fetched.placed.length === 0) return { fetched, installer: undefined }
    await install({ plan, fetched, installer, out: resolve(out), folder }, io)
    return { fetched, installer }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface Installing {
  readonly plan: InstallPlan
  readonly fetched: FetchReport
  readonly installer: Installer
  readonly out: string
  readonly folder: string
}

async function install({ plan, fetched, installer, out, folder }: Installing, io: InstallIo): Promise<void> {
  const { files } = fetched
  const requirementsPath = join(folder, 'requirements.txt')
  await writeFile(requirementsPath, requirementsText(files, plan.sdists))
  for (const argv of installCommands({ ...plan, installer, files, folder: out, requirementsPath }))
    await runInstaller(argv, installer, io)
}

async function runInstaller(argv: Command['argv'], installer: Installer, io: InstallIo): Promise<void> {
  const { signal, onOutput } = io
  const result = await io.spawn.run({ argv, env: installerEnvironment(io.env), signal, onOutput })
  signal.throwIfAborted()
  if (result.exitCode === 0) return
  const how =
    result.exitCode === null ? `was ended by ${result.signal ?? 'a signal'}` : `ended with ${result.exitCode}`
  throw fetchErrors('packaging.installer', `${installer.program.join(' ')} ${how}`)
}
