import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openBench, type Bench } from '../support/bundle-clients.ts'
import { runProgram, wheelseal, type Outcome } from '../support/program.ts'

/** More than is read at once, so that a file that is opened twice, or read in part, is another one. */
const LARGE = Buffer.alloc((300 << 10) + 7, 'genuine bytes of a wheel ')

/** As many as a first look at the beginning takes out of a pipe. */
const EVIL = Buffer.alloc((256 << 10) + 1, 'bytes of an enemy ')

let bench: Bench
beforeAll(async () => {
  bench = await openBench()
  await writeFile(join(bench.path, 'large'), LARGE)
  await writeFile(join(bench.path, 'empty'), '')
  await writeFile(join(bench.path, 'evil'), EVIL)
  const { code, stderr } = await shell(`$W sign --no-legacy $SERVICES large empty && mkfifo pipe`)
  expect(code, stderr).toBe(0)
})
afterAll(() => bench.stop())

/** `$VERIFY BUNDLE FILE` and `$COSIGN BUNDLE FILE` are the two commands that verify; the shell makes real pipes. */
async function shell(script: string): Promise<Outcome> {
  const by = `--certificate-identity ${bench.identity} --certificate-oidc-issuer ${bench.server.url}`
  const trust = '--trusted-root trusted_root.json'
  const prelude = `set -o pipefail
W=${wheelseal}; SERVICES='--signing-config signing_config.json ${trust}'
VERIFY="$W verify --offline ${trust} ${by} --bundle"
COSIGN="$W cosign verify-blob ${trust} ${by} --bundle"
`
  const env = { SIGSTORE_ID_TOKEN: await bench.token() }
  return runProgram(['bash', '-c', prelude + script], { cwd: bench.path, env })
}

describe.each(['$VERIFY', '$COSIGN'])('%s of what is piped', (command) => {
  it.each(['-', '/dev/stdin'])('verifies the genuine bytes, as %s', async (name) => {
    const { code, stderr } = await shell(`cat large | ${command} large.sigstore.json ${name}`)
    expect(code, stderr).toBe(0)
    expect((await shell(`${command} large.sigstore.json ${name} <large`)).code).toBe(0)
  })

  it.each(['-', '/dev/stdin', '<(cat evil large)'])(
    'refuses what comes before, in and after them, as %s',
    async (name) => {
      const piped = name.startsWith('<') ? 'true' : 'cat evil large'
      expect(await shell(`${piped} | ${command} large.sigstore.json ${name}`)).toMatchObject({ code: 1 })
      expect((await shell(`cat large evil | ${command} large.sigstore.json ${name}`)).code).toBe(1)
    },
  )

  it('refuses any bytes under the signature of an empty file, and takes none', async () => {
    expect((await shell(`cat large | ${command} empty.sigstore.json /dev/stdin`)).code).toBe(1)
    expect((await shell(`cat evil | ${command} empty.sigstore.json -`)).code).toBe(1)
    const { code, stderr } = await shell(`cat empty | ${command} empty.sigstore.json /dev/stdin`)
    expect(code, stderr).toBe(0)
  })

  it('does not take what is left in a pipe that was read for an empty file', async () => {
    for (const name of ['/dev/stdin', '-']) {
      const twice = `cat empty.sigstore.json | ${command} /dev/stdin ${name}`
      const { code, stderr } = await shell(twice)
      expect(code).toBe(1)
      expect(stderr).toContain('[host.pipe]')
    }
  })

  it('reads the bundle from a pipe, too', async () => {
    const { code, stderr } = await shell(`cat large.sigstore.json | ${command} /dev/stdin large`)
    expect(code, stderr).toBe(0)
  })
})

describe('a pipe whose other end is not there, or takes its time', () => {
  const each = (script: (command: string) => string): Promise<Outcome[]> =>
    Promise.all(['$VERIFY', '$COSIGN'].map((command) => shell(script(command))))

  it('is refused where nobody writes, and waited for where somebody does', async () => {
    const [nobody, late, slow] = await Promise.all([
      each((command) => `${command} large.sigstore.json pipe`),
      each(
        (command) => `mkfifo late$$; { sleep 1; cat large >late$$; } & ${command} large.sigstore.json late$$`,
      ),
      each((command) => `{ sleep 7; cat large; } | ${command} large.sigstore.json /dev/stdin`),
    ])
    for (const { code, stderr } of nobody) {
      expect(code).toBe(1)
      expect(stderr).toContain('pipe is a named pipe without a writer')
    }
    for (const { code, stderr } of [...late, ...slow]) expect(code, stderr).toBe(0)
  })
})

describe('what is signed', () => {
  it('may be piped, and is every byte of it', async () => {
    const signed = await shell(`cat evil large | $W sign --bundle-dir out $SERVICES /dev/stdin`)
    expect(signed.code, signed.stderr).toBe(0)
    expect((await shell(`cat evil large >both; $VERIFY out/stdin.sigstore.json both`)).code).toBe(0)
    expect((await shell(`$VERIFY out/stdin.sigstore.json large`)).code).toBe(1)
    const face = `cosign sign-blob --yes --new-bundle-format --bundle face.json`
    const services = `--fulcio-url ${bench.server.url} --rekor-url ${bench.server.url}`
    const byFace = await shell(`. ./cosign.env; cat large | $W ${face} ${services} -`)
    expect(byFace.code, byFace.stderr).toBe(0)
    expect((await shell(`$VERIFY face.json large`)).code).toBe(0)
  })

  it('is refused where standard input has no file name for its signature', async () => {
    const { code, stderr } = await shell(`$W sign $SERVICES -`)
    expect(code).toBe(2)
    expect(stderr).toContain('standard input has no file name')
  })

  it('is no named pipe without a writer', async () => {
    const { code, stderr } = await shell(`$W sign $SERVICES pipe`)
    expect(code).toBe(1)
    expect(stderr).toContain('pipe is a named pipe without a writer')
    await expect(readFile(join(bench.path, 'pipe.sigstore.json'))).rejects.toThrow('ENOENT')
  })
})
