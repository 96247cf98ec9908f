/** The tutorial's project, as its reader would have it: from beside the clone, whose files are never committed here. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { shared } from '../tests/support/judges.ts'

/** Below `work`, or undefined where it does not lie beside the clone. */
export function tutorialProject(work: string): string | undefined {
  const layOut = join(shared, 'tools', 'tutorial-project')
  if (![layOut, join(shared, 'tutorial.md')].every((path) => existsSync(path))) return undefined
  const folder = join(work, 'tutorial', 'hello-tools')
  if (existsSync(folder)) return folder
  execFileSync(layOut, [folder], { stdio: 'pipe' })
  const remote = 'https://gitlab.com/acme/hello-tools.git'
  execFileSync('git', ['remote', 'add', 'origin', remote], { cwd: folder, stdio: 'pipe' })
  return folder
}

export const NO_TUTORIAL = `the tutorial is not measured: ${join(shared, 'tutorial.md')} and its tools are not there`
