import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { runProgram, startProgram, wheelseal, type Outcome, type TiedProcess } from './program.ts'

const GIT = ['-c', 'user.name=Ada Example', '-c', 'user.email=ada@example.com']

/** A repository whose one commit has this pipeline, as a clone of `gitlab.com/acme/tool`. */
export async function gitlabProject(
  folder: string,
  pipeline: string,
  files: Readonly<Record<string, string>> = {},
): Promise<string> {
  const all = {
    '.gitlab-ci.yml': pipeline,
    'pyproject.toml': '[project]\nname = "tool"\nversion = "1.0"\n',
    ...files,
  }
  for (const [path, text] of Object.entries(all)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  const git = (...args: string[]): Promise<Outcome> => runProgram(['git', '-C', folder, ...GIT, ...args])
  await git('init', '--quiet', '--initial-branch=main')
  await git('add', '.')
  await git('commit', '--quiet', '--message=first')
  await git('remote', 'add', 'origin', 'https://gitlab.com/acme/tool.git')
  return folder
}

export interface Rehearsal {
  readonly project: string
  /** Where all temporary files go; empty before and afterwards. */
  readonly temporary: string
  readonly more?: readonly string[]
  /** Words before the program, such as those that change the user. */
  readonly as?: readonly string[]
}

/** `wheelseal rehearse` to its end. */
export function rehearse(rehearsal: Rehearsal): Promise<Outcome> {
  return runProgram(argvOf(rehearsal), { env: environmentOf(rehearsal) })
}

export function startRehearsal(rehearsal: Rehearsal): TiedProcess {
  return startProgram(argvOf(rehearsal), { env: environmentOf(rehearsal) })
}

function argvOf({ project, more = [], as = [] }: Rehearsal): readonly string[] {
  return [...as, wheelseal, 'rehearse', '-C', project, ...more]
}

function environmentOf({ temporary }: Rehearsal): Readonly<Record<string, string>> {
  return { TMPDIR: temporary }
}

/** Processes that have to do with a folder, by their words, environment or mounts; and what is in it. */
export async function leftIn(folder: string): Promise<readonly string[]> {
  const numbers = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const files = numbers.flatMap((number) =>
    ['cmdline', 'environ', 'mounts'].map((file) => `/proc/${number}/${file}`),
  )
  const texts = await Promise.all(files.map((file) => readFile(file, 'latin1').catch(() => '')))
  return [...files.filter((_, index) => texts[index]?.includes(folder)), ...(await readdir(folder))]
}
