import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemSpawn } from '../../host/index.ts'
import { arrangeSandboxes, type SandboxTest } from './arrange.contract.ts'

let sandboxes: SandboxTest
let layers: string
beforeAll(() => {
  sandboxes = arrangeSandboxes()
  layers = join(sandboxes.top, 'layers')
})
afterAll(() => sandboxes.close())

const LOOK = `python -c 'import sys; print("%d.%d" % sys.version_info[:2], sys.prefix)'
  command -v python3 pip; pip --version | sed 's/ (.*//; s/.* from/from/'; pip list --format freeze | cut -d= -f1`

// A virtual environment of the system's Python takes long, once.
describe('image: python:X.Y', { timeout: 120_000 }, () => {
  it('is the Python of the system in /usr/local, with pip, for the job to write to', async () => {
    const options = { layers }
    const job = await sandboxes.job(options, 'python:3')
    const { output } = await job.sh(LOOK)
    expect(output).toMatch(
      /^3\.\d+ \/usr\/local\n\/usr\/local\/bin\/python3\n\/usr\/local\/bin\/pip\nfrom \/usr\/local\/lib\//,
    )
    expect(
      output
        .trim()
        .split('\n')
        .slice(4)
        .filter((name) => !/^(pip|setuptools|wheel)$/.test(name)),
    ).toEqual([])
    const change =
      'rm "$(command -v pip)"; echo x > /usr/local/bin/mine; rm -r /usr/local/lib/python3*/site-packages/pip'
    expect((await job.sh(change)).exitCode).toBe(0)
    expect((await job.sh('[ ! -e /usr/local/bin/pip ]; cat /usr/local/bin/mine')).output).toBe('x\n')
    const next = await sandboxes.job(options, 'python:3')
    expect((await next.sh(LOOK)).output).toBe(output)
    expect(readdirSync(layers).filter((name) => name.startsWith('new-'))).toEqual([])
  })

  it('names in the log what serves it, and is refused where only the exact one will do', async () => {
    const job = await sandboxes.job({ layers }, 'python:3.99')
    expect(job.said.join('\n')).toMatch(
      /image python:3\.99 → Python 3\.\d+\.\d+ of this machine \(3\.99 is not installed/,
    )
    await expect(sandboxes.job({ layers, isImageStrict: true }, 'python:3.99')).rejects.toMatchObject({
      code: 'runner.image',
    })
  })

  it('may be a Python with a folder of its own, of which a job sees what an image has', async () => {
    const prefix = join(sandboxes.top, 'prefix')
    await systemSpawn.run({ argv: ['/usr/bin/python3', '-c', SELF_CONTAINED, prefix], env: {} })
    const host = { PATH: `${prefix}/bin`, HOME: sandboxes.top }
    const job = await sandboxes.job({ layers, host }, 'python:3')
    const { output } = await job.sh(
      'pip-of-test; ls /usr/local/bin /usr/local/lib/python3*/site-packages; touch /usr/local/lib/python3*/site-packages/new',
    )
    expect(output).toContain('at /usr/local/bin/python3\n')
    expect(output).toContain('setuptools\n')
    for (const other of ['other-package', 'program-of-other']) expect(output).not.toContain(other)
  })
})

/** As a version manager keeps one: programs that name its folder, and packages that somebody has installed. */
const SELF_CONTAINED = `
import os, shutil, sys
prefix, version = sys.argv[1], "python%d.%d" % sys.version_info[:2]
os.makedirs(prefix + "/bin"); site = prefix + "/lib/" + version + "/site-packages"
os.makedirs(site + "/setuptools"); os.makedirs(site + "/other-package")
shutil.copy(os.path.realpath(sys.executable), prefix + "/bin/python3")
os.symlink("python3", prefix + "/bin/" + version)
library = os.path.dirname(os.__file__)
for name in os.listdir(library):
    if name not in ("site-packages", "dist-packages"):
        os.symlink(os.path.join(library, name), os.path.join(prefix, "lib", version, name))
open(prefix + "/bin/pip-of-test", "w").write("#!%s/bin/python3\\nimport sys; print('at', sys.executable)\\n" % prefix)
open(prefix + "/bin/program-of-other", "w").write("#!%s/bin/python3\\n" % prefix)
for name in ("pip-of-test", "program-of-other"): os.chmod(prefix + "/bin/" + name, 0o755)
`
