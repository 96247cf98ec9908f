import { copyFile, mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launcher, root, runProgram, type Outcome } from '../support/program.ts'
import { temporaryFolder } from '../support/server.ts'

let folder: { path: string; remove: () => Promise<void> }

/** A PATH with the few programs that the launcher calls, and with no Node. */
const programs = ['sh', 'dirname', 'basename', 'readlink', 'cat']

describe('bin/wheelseal', () => {
  beforeAll(async () => {
    folder = await temporaryFolder()
    await mkdir(join(folder.path, 'path'))
    for (const name of programs) {
      const { stdout } = await runProgram(['sh', '-c', `command -v ${name}`])
      await symlink(stdout.trim(), join(folder.path, 'path', name))
    }
  })
  afterAll(() => folder.remove())

  it('runs from any directory, through a link, and without a Node on the PATH', async () => {
    await symlink(launcher, join(folder.path, 'linked'))
    const outcome = await inNoNode([join(folder.path, 'linked'), '--version'])
    expect(outcome).toMatchObject({ code: 0, stderr: '' })
    expect(outcome.stdout).toMatch(/^wheelseal \d+\.\d+\.\d+ \(Node \d+\.\d+\.\d+\)\n$/)
  })

  it('shows the cosign face when it is called cosign', async () => {
    await symlink(launcher, join(folder.path, 'cosign'))
    expect((await inNoNode([join(folder.path, 'cosign'), 'version'])).stdout).toContain(
      'cosign compatibility of wheelseal',
    )
  })

  it('is named in lines to copy as people called it', async () => {
    const help = async (command: string): Promise<string> => {
      const env = { PATH: `${join(root, 'bin')}:${process.env['PATH']}`, WHEELSEAL_PROGRAM: undefined }
      return (await runProgram(['sh', '-c', `${command} help nothing`], { cwd: root, env })).stderr
    }
    expect(await help('wheelseal')).toContain('more: wheelseal help cli.help-topic\n')
    expect(await help('bin/wheelseal')).toContain('more: bin/wheelseal help cli.help-topic\n')
  })

  it('asks for npm ci where the dependencies are missing', async () => {
    const { code, stderr } = await inNoNode([await copied('fresh'), '--version'])
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining("run 'npm ci'") })
  })

  it('says which Node is needed where there is none', async () => {
    const program = await copied('bare')
    await mkdir(join(folder.path, 'bare', 'node_modules'))
    const { code, stderr } = await inNoNode([program, '--version'])
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('install Node 22.22.2 or newer'),
    })
  })

  async function copied(name: string): Promise<string> {
    await mkdir(join(folder.path, name, 'bin'), { recursive: true })
    const program = join(folder.path, name, 'bin', 'wheelseal')
    await copyFile(launcher, program)
    return program
  }

  function inNoNode(argv: readonly string[]): Promise<Outcome> {
    return runProgram(argv, { cwd: folder.path, env: { PATH: join(folder.path, 'path') } })
  }
})
