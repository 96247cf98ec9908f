import { chmod, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { buildProgram } from '../../scripts/build-program.ts'

/**
 * Once for a test run: the program as the package has it, of the sources as they are now, since thousands of starts from
 * the sources would take minutes. It is started by this Node, and keeps its compiled code beside itself.
 */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const { env } = process
  env['PATH'] = [dirname(process.execPath), env['PATH']].join(delimiter)
  if (env['WHEELSEAL_UNDER_TEST'] !== undefined) return undefined
  const folder = await mkdtemp(join(tmpdir(), 'wheelseal-built-'))
  // As an installed program is: the jobs of root start it as users of their own.
  await chmod(folder, 0o755)
  await buildProgram(folder)
  await symlink('start.mjs', join(folder, 'wheelseal'))
  project.onTestsRerun(() => buildProgram(folder))
  env['WHEELSEAL_UNDER_TEST'] = join(folder, 'wheelseal')
  env['WHEELSEAL_COMPILED'] = join(folder, 'compiled')
  return () => rm(folder, { recursive: true, force: true, maxRetries: 5 })
}
