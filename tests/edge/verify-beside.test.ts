import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openBench, type Bench } from '../support/bundle-clients.ts'
import { runProgram, wheelseal, type Outcome } from '../support/program.ts'

const WHEEL = 'acme_tools-1.0-py3-none-any.whl'
const SDIST = 'acme_tools-1.0.tar.gz'
const ENDINGS = ['.sigstore.json', '.publish.attestation', '.slsa.attestation', '.sig', '.crt'] as const

let bench: Bench
beforeAll(async () => {
  bench = await openBench()
  await mkdir(at('made'))
  for (const name of [WHEEL, SDIST]) await writeFile(at(`made/${name}`), `the bytes of ${name}`)
  for (const command of ['sign', 'attest --publish --provenance']) {
    const { code, stderr } = await shell(
      `${wheelseal} ${command} --signing-config signing_config.json --trusted-root trusted_root.json made/*`,
    )
    expect(code, stderr).toBe(0)
  }
})
afterAll(() => bench.stop())
beforeEach(async () => {
  await rm(at('dist'), { recursive: true, force: true })
  await cp(at('made'), at('dist'), { recursive: true })
})

const at = (name: string): string => join(bench.path, name)

async function shell(line: string): Promise<Outcome> {
  const env = { SIGSTORE_ID_TOKEN: await bench.token() }
  return runProgram(['bash', '-c', line], { cwd: bench.path, env })
}

function verify(files: string): Promise<Outcome> {
  const by = `--certificate-identity ${bench.identity} --certificate-oidc-issuer ${bench.server.url}`
  return shell(`${wheelseal} verify --offline --trusted-root trusted_root.json ${by} ${files}`)
}

/** One character in the middle, so that the form stays what it is. */
async function damage(name: string): Promise<void> {
  const text = await readFile(at(name), 'latin1')
  const middle = Math.floor(text.length / 2)
  const other = text[middle] === 'A' ? 'B' : 'A'
  await writeFile(at(name), `${text.slice(0, middle)}${other}${text.slice(middle + 1)}`, 'latin1')
}

describe('wheelseal verify dist/*', () => {
  it('checks everything that sign and attest have written', async () => {
    const { code, stdout, stderr } = await verify('dist/*')
    expect(code, stderr).toBe(0)
    expect(stdout).toContain(
      `; also verified with dist/${WHEEL}.publish.attestation, dist/${WHEEL}.slsa.attestation`,
    )
    expect(stderr).toContain('2 of 2 files are verified')
    expect(stderr).not.toContain('skipped:')
  })

  it('never exits 0 over a damaged one among its arguments, nor over one next to them', async () => {
    for (const ending of ENDINGS) {
      await cp(at('made'), at('dist'), { recursive: true })
      await damage(`dist/${WHEEL}${ending}`)
      const [all, one] = await Promise.all([verify('dist/*'), verify(`dist/${WHEEL}`)])
      expect([ending, all.code, one.code]).toEqual([ending, 1, 1])
      expect(all.stderr).toContain('1 of 2 files are verified')
    }
  })

  it('is content with any of the forms that hold their log entry', async () => {
    for (const kept of ENDINGS.slice(0, 3)) {
      await cp(at('made'), at('dist'), { recursive: true })
      for (const ending of ENDINGS) if (ending !== kept) await rm(at(`dist/${WHEEL}${ending}`))
      const { code, stderr } = await verify(`dist/${WHEEL}*`)
      expect(code, `${kept}: ${stderr}`).toBe(0)
    }
  })
})
