import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { lstat, mkdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FULCIO, ISSUER, openSession, openSigstore, SAN } from '../../src/cli/cosign/arrange.ts'
import { runCosign } from '../../src/cli/cosign/index.ts'
import { runProgram, wheelseal, type Outcome } from '../support/program.ts'
import { temporaryFolder } from '../support/server.ts'

let folder: { path: string; remove: () => Promise<void> }
let env: Record<string, string>

/** What only a process of its own can show. Its trust root and one signed file are of a Sigstore in memory. */
describe('the cosign face as a process', () => {
  beforeAll(async () => {
    folder = await temporaryFolder()
    const sigstore = await openSigstore()
    const io = openSession(sigstore)
    const argv = ['sign-blob', '--yes', `--fulcio-url=${FULCIO}`, '--identity-token', await sigstore.token()]
    expect(await runCosign([...argv, '--bundle', 'demo.bundle', 'demo.whl'], io), io.err()).toBe(0)
    for (const name of ['demo.whl', 'demo.bundle', 'roots.pem', 'rekor.pub', 'ct.pub'])
      await writeFile(at(name), io.disk.get(name)!)
    env = {
      HOME: folder.path,
      SIGSTORE_ROOT_FILE: at('roots.pem'),
      SIGSTORE_REKOR_PUBLIC_KEY: at('rekor.pub'),
      SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: at('ct.pub'),
    }
  })
  afterAll(() => folder.remove())

  it.each([
    ['the bytes of a wheel', 0, 'Verified OK'],
    ['other bytes', 1, 'verify.signature'],
  ])('reads a socket as standard input: %s', async (content, code, said) => {
    const who = ['--certificate-identity', SAN, '--certificate-oidc-issuer', ISSUER]
    const argv = ['cosign', 'verify-blob', '--bundle', at('demo.bundle'), ...who, '-']
    // Node makes sockets where others make pipes.
    const child = spawn(wheelseal, argv, {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'ignore', 'pipe'],
    })
    child.stdin.end(content)
    const parts: Buffer[] = []
    child.stderr.on('data', (part: Buffer) => parts.push(part))
    const [got] = (await once(child, 'close')) as [number]
    expect(Buffer.concat(parts).toString()).toContain(said)
    expect(got).toBe(code)
  })

  it.runIf(existsSync('/proc/self/cmdline'))(
    'shows no token in the process list while it signs',
    async () => {
      const token = [{ alg: 'RS256' }, { aud: 'sigstore', sub: 'x', exp: 4_000_000_000 }, 'signature']
        .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
        .join('.')
      const authority = createServer()
      authority.listen(0, '127.0.0.1')
      await once(authority, 'listening')
      const { port } = authority.address() as AddressInfo
      const service = ['--yes', `--fulcio-url=http://127.0.0.1:${port}`, '--identity-token', token]
      const child = spawn(wheelseal, ['cosign', 'sign-blob', ...service, at('demo.whl')], {
        env: { ...process.env, ...env },
        stdio: 'ignore',
      })
      // It waits for an answer that never comes.
      const [asked] = (await once(authority, 'connection')) as [NodeJS.ReadableStream]
      const [request] = (await once(asked, 'data')) as [Buffer]
      const shown = await readFile(`/proc/${child.pid}/cmdline`, 'utf8')
      const closed = once(child, 'close')
      child.kill('SIGKILL')
      await closed
      authority.close()
      expect(request.toString('latin1')).toContain(token)
      expect(shown.replaceAll('\0', '')).toBe('cosign')
    },
  )

  describe('install', () => {
    it('puts a cosign into a folder, which starts from anywhere, and replaces its own', async () => {
      for (const folderName of ['bin', 'bin'])
        expect(await install(wheelseal, folderName)).toEqual({
          code: 0,
          stdout: `${at('bin/cosign')}\n`,
          stderr: '',
        })
      const version = await runProgram([at('bin/cosign'), 'version', '--json'], {
        cwd: '/',
        env: { PATH: '/bin' },
      })
      expect(JSON.parse(version.stdout)).toMatchObject({ gitVersion: expect.stringMatching(/^v2\.2\.3\+/) })
      expect((await lstat(at('bin/cosign'))).mode & 0o777).toBe(0o755)
    })

    it('goes on from one that was installed, or that is a link, and never starts itself', async () => {
      await mkdir(at('links'))
      await symlink(wheelseal, at('links/cosign'))
      expect(await install(wheelseal, 'bin')).toMatchObject({ code: 0 })
      for (const program of [at('bin/cosign'), at('links/cosign')]) {
        expect((await runProgram([program, 'install', at('more')])).code).toBe(0)
        expect((await runProgram([at('more/cosign'), 'version'])).stdout).toContain('GitVersion')
      }
    })

    it('leaves a cosign that is not its own', async () => {
      await mkdir(at('theirs'))
      await writeFile(at('theirs/cosign'), '#!/bin/sh\n')
      await mkdir(at('dangling'))
      await symlink('/absent', at('dangling/cosign'))
      for (const name of ['theirs', 'dangling', 'links']) {
        const { code, stderr } = await install(wheelseal, name)
        expect(stderr).toContain('[cosign.install]')
        expect(code).toBe(1)
      }
      expect(await readFile(at('theirs/cosign'), 'utf8')).toBe('#!/bin/sh\n')
      expect(await readlink(at('dangling/cosign'))).toBe('/absent')
    })
  })

  function install(program: string, name: string): Promise<Outcome> {
    return runProgram([program, 'cosign', 'install', at(name)])
  }

  function at(name: string): string {
    return join(folder.path, name)
  }
})
