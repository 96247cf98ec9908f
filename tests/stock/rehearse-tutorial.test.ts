import { chmod, chown, copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cosign2, present, shared } from '../support/judges.ts'
import { isExecutable, runProgram } from '../support/program.ts'
import { rehearse } from '../support/rehearsal.ts'
import { STAGES } from '../support/stages.ts'
import { temporaryFolder } from '../support/server.ts'

const tutorial = join(shared, 'tutorial.md')
const layOut = join(shared, 'tools', 'tutorial-project')
const USER = 65_533
const TIMEOUT_MS = 30 * 60_000

interface Variant {
  readonly name: string
  readonly isStock: boolean
  readonly isOrdinaryUser: boolean
}

const stock = { name: 'stock cosign 2.2.3', isStock: true, isOrdinaryUser: false }
const own = { name: 'our own cosign', isStock: false, isOrdinaryUser: false }
/** Only root can become another user; whoever else runs this is one already. */
const user = { name: 'stock cosign 2.2.3 as an ordinary user', isStock: true, isOrdinaryUser: true }
const others = process.getuid?.() === 0 ? [own, user] : [own]
/** Each takes minutes: the first is over Node, the others are over the executable. */
const variants: readonly Variant[] = isExecutable ? others : [stock]

describe.runIf(present(tutorial, layOut, cosign2))("GitLab's tutorial, byte for byte", () => {
  it.each(variants)('passes its six jobs and the chapter for users, with $name', rehearseTutorial, TIMEOUT_MS)
})

async function rehearseTutorial({ isStock, isOrdinaryUser }: Variant): Promise<void> {
  const folder = await temporaryFolder()
  try {
    const at = (name: string): string => join(folder.path, name)
    const project = at('hello-tools')
    expect(await runProgram([layOut, project])).toMatchObject({ code: 0 })
    await runProgram([
      'git',
      '-C',
      project,
      'remote',
      'add',
      'origin',
      'https://gitlab.com/acme/hello-tools.git',
    ])
    await mkdir(at('tmp'))
    await writeFile(at('then.sh'), chapterForUsers(await readFile(tutorial, 'utf8')))
    await copyFile(cosign2, at('cosign'))
    if (isOrdinaryUser) {
      for (const name of ['', 'then.sh', 'cosign']) await chmod(at(name), 0o755)
      await chown(at('tmp'), USER, USER)
    }
    const id = String(USER)
    const { code, stdout, stderr } = await rehearse({
      project,
      temporary: at('tmp'),
      as: isOrdinaryUser
        ? ['setpriv', `--reuid=${id}`, `--regid=${id}`, '--clear-groups', 'env', `HOME=${at('tmp')}`]
        : [],
      more: [...(isStock ? ['--cosign', at('cosign')] : []), '--then', at('then.sh')],
    })
    for (const stage of STAGES) expect(stderr).toMatch(new RegExp(`${stage} +passed`))
    expect(stderr.match(/\| Verified OK/g), stderr).toHaveLength(2)
    expect(stdout).toContain('the script of --then succeeded')
    expect(code).toBe(0)
    expect((await readdir(at('tmp'))).filter((name) => name !== '.cache')).toEqual([])
  } finally {
    await folder.remove()
  }
}

/** The lines of "Verify packages as a user", with the names that its reader puts in, once for each of the two files. */
function chapterForUsers(text: string): string {
  const [, chapter = ''] = /\n### Verify packages as a user\n([^]*?)\n## /.exec(text) ?? []
  const blocks = [...chapter.matchAll(/^ {3}```shell\n([^]*?)^ {3}```$/gm)].map(([, block = '']) =>
    block
      .replaceAll(/^ {3}/gm, '')
      .replaceAll('your-package-name', 'hello_tools')
      .replaceAll('your-group/your-project', 'acme/hello-tools'),
  )
  expect(blocks).toHaveLength(3)
  const [install = '', download = '', verify = ''] = blocks
  return [
    'set -ex',
    'command -v sudo',
    'export PIP_INDEX_URL=https://gitlab.com/api/v4/projects/1/packages/pypi/simple',
    'GITLAB_URL=https://gitlab.com PROJECT_ID=1 PACKAGE_NAME=hello-tools VERSION=1.0.0',
    install,
    'FILENAME=hello_tools-1.0.0-py3-none-any.whl',
    download,
    'FILENAME=hello_tools-1.0.0.tar.gz; export PIP_NO_BINARY=:all:',
    download,
    verify,
  ].join('\n')
}
