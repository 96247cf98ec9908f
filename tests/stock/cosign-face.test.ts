import { lstat, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { cosign2, cosign3, present } from '../support/judges.ts'
import { root, runProgram, type Outcome } from '../support/program.ts'
import { cases, type FaceCase } from './cosign-face-cases.ts'
import {
  initialized,
  openMaterial,
  run,
  untold,
  type Material,
  type Program,
} from './cosign-face-material.ts'

let material: Material
let signature: string

/** What a file holds, whoever wrote it. */
const FORMS: Readonly<Record<string, RegExp>> = {
  '.sig': /^[A-Za-z0-9+/]{90,96}={0,2}$/,
  '.raw': /^0[@-H][^]{60,72}$/,
  '.pem': /^-----BEGIN CERTIFICATE-----\n(?:[A-Za-z0-9+/=]{1,64}\n)+-----END CERTIFICATE-----\n$/,
  '.crt': /^LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t[A-Za-z0-9+/]+={0,2}$/,
  '.tsr': /^\{"SignedRFC3161Timestamp":"[A-Za-z0-9+/]+={0,2}"\}$/,
  '.bundle':
    /^\{"base64Signature":"[\w+/=]+","cert":"[\w+/=]+","rekorBundle":\{"SignedEntryTimestamp":"[\w+/=]+","Payload":\{"body":"[\w+/=]+","integratedTime":\d+,"logIndex":\d+,"logID":"[0-9a-f]{64}"\}\}\}$/,
}

/** Bytes were read as text, and lost some. */
const STDOUT = { sig: /^[A-Za-z0-9+/]{90,96}={0,2}\n$/, raw: /^0[@-H][^]+$/ }

describe('the table of cases', () => {
  it('has 60 cases and more, each with a name of its own', () => {
    expect(cases.length).toBeGreaterThan(60)
    expect(new Set(cases.map(({ what }) => what)).size).toBe(cases.length)
  })

  it('names a difference exactly where the codes differ, and nowhere is ours laxer', () => {
    for (const {
      what,
      argv,
      codes: [judge, ours],
      difference,
    } of cases) {
      expect({ what, differs: judge !== ours }).toEqual({ what, differs: difference !== undefined })
      expect({ what, isLaxer: argv.startsWith('verify-blob') && judge !== 0 && ours === 0 }).toEqual({
        what,
        isLaxer: false,
      })
    }
  })

  it('has the differences that the reference lists, and the reference no others', async () => {
    const page = await readFile(join(root, 'docs', 'reference', 'cosign.md'), 'utf8')
    const rows = [...page.slice(page.indexOf('## Differences')).matchAll(/^\| `([a-z0-9-]+)` \|/gm)]
    const named = cases.flatMap(({ difference }) => (difference === undefined ? [] : [difference]))
    expect(rows.map(([, name = '']) => name).toSorted()).toEqual([...new Set(named)].toSorted())
  })
})

describe.runIf(present(cosign2, cosign3))('cosign and our face, one case', { concurrent: true }, () => {
  beforeAll(async () => {
    material = await openMaterial()
    signature = await readFile(join(material.path, 'file.sig'), 'latin1')
    return material.stop
  })

  it.each(cases)('$what', async (one) => {
    const [theirs, ours] = [await call(one.judge, one), await call('our face', one)]
    expect([theirs.code, ours.code], `${theirs.stderr}\n${ours.stderr}`).toEqual(one.codes)
    const isVerification = /verify-blob (?!--help)/.test(one.argv)
    for (const { code, stderr } of [theirs, ours])
      expect(stderr.includes('Verified OK'), stderr).toBe(code === 0 && isVerification)
    if (one.difference === undefined && /^(?:sign|verify)-blob (?!.*--help)/.test(one.argv))
      for (const { stdout } of [theirs, ours])
        expect(stdout).toMatch(one.stdout === undefined ? /^$/ : STDOUT[one.stdout])
    if (one.writes === undefined) return
    expect(await filesOf(ours.out)).toEqual(await filesOf(theirs.out))
    for (const { out } of [theirs, ours]) await checkFiles(out, one)
  })

  it('signs a bundle of the new form, which cosign 3 verifies for that file alone', async () => {
    const stamp = ['--timestamp-server-url', `${material.url}/api/v1/timestamp`]
    const bundle = ['--bundle', 'ours.v3.json', '--trusted-root', 'trusted_root.json'] as const
    const sign = words('sign-blob {sign} --new-bundle-format', '')
    const signed = await run(material, ['our face', ...sign, ...stamp, ...bundle, 'file'])
    expect(signed).toMatchObject({ code: 0, stdout: '' })
    for (const [file, code] of [
      ['file', 0],
      ['other', 1],
    ] as const)
      for (const program of ['cosign 3.1.2', 'our face'] as const) {
        const verified = await run(material, [program, 'verify-blob', ...words('{who}', ''), ...bundle, file])
        expect(verified.code, verified.stderr).toBe(code)
      }
  })

  it('installs itself from the one file that a package has', async () => {
    expect(await run(material, ['our face', 'install', 'bin'])).toMatchObject({ code: 0 })
    const argv = [join(material.path, 'bin', 'cosign'), 'version']
    expect((await runProgram(argv, { cwd: '/' })).stdout).toContain('GitVersion')
  })

  it('keeps its repository out of the folder of stock cosign, and says which trust root it uses', async () => {
    const env = { ...untold, TUF_ROOT: '' }
    const initialize = ['initialize', '--mirror', `${material.url}/tuf`, '--root', 'root.json'] as const
    expect(await run(material, ['our face', ...initialize], { env })).toMatchObject({ code: 0 })
    const argv = words('verify-blob {pair} {who} file', '')
    const { code, stderr } = await run(material, ['our face', ...argv], { env })
    expect(stderr).toMatch(
      /^Trust root: the TUF repository http.*\/tuf, from .*\/data-home\/wheelseal\/cosign\//,
    )
    expect(code).toBe(0)
    await expect(lstat(join(material.path, '.sigstore'))).rejects.toThrow('ENOENT')
  })

  interface Called extends Outcome {
    readonly out: string
  }

  async function call(program: Program, one: FaceCase): Promise<Called> {
    const out = join('out', `${cases.indexOf(one)}-${program.replaceAll(' ', '-')}`)
    await mkdir(join(material.path, out))
    for (const name of one.over) await writeFile(join(material.path, out, name), 'old', { mode: 0o644 })
    const variables = Object.entries(one.env).map(([name, value]) => [name, filled(value, out)] as const)
    const trust = one.isInitialized ? await initialized(material, program, `${out}.tuf`) : {}
    const env = { ...trust, ...Object.fromEntries(variables) }
    const stdin = one.stdin === undefined ? {} : { stdin: one.stdin }
    return { ...(await run(material, [program, ...words(one.argv, out)], { env, ...stdin })), out }
  }

  /** Names and permissions. */
  async function filesOf(out: string): Promise<readonly (readonly [string, number])[]> {
    const names = (await readdir(join(material.path, out))).toSorted()
    return Promise.all(
      names.map(async (name) => [name, (await lstat(join(material.path, out, name))).mode] as const),
    )
  }

  /** Each in its form, and good for both verifiers. */
  async function checkFiles(out: string, { writes = [], verifies }: FaceCase): Promise<void> {
    expect((await filesOf(out)).map(([name]) => name)).toEqual(writes)
    for (const name of writes)
      expect(await readFile(join(material.path, out, name), 'latin1')).toMatch(FORMS[extname(name)]!)
    for (const argv of verifies)
      for (const program of ['cosign 2.2.3', 'our face'] as const) {
        const { code, stderr } = await run(material, [program, ...words(argv, out)])
        expect(code, stderr).toBe(0)
      }
  }

  /** Between blanks; a value of several words is several. */
  function words(argv: string, out: string): readonly string[] {
    return filled(argv, out)
      .split(' ')
      .filter((word) => word !== '')
  }

  function filled(text: string, out: string): string {
    const { url, identity, token, foreignToken: foreign } = material
    const values: Readonly<Record<string, string>> = {
      url,
      token,
      foreign,
      out,
      id: identity,
      sig: signature,
      long: `acme|${'x'.repeat(1024)}`,
      pair: '--signature file.sig --certificate file.crt',
      who: `--certificate-identity ${identity} --certificate-oidc-issuer ${url}`,
      sign: `--yes --fulcio-url=${url} --rekor-url=${url} --identity-token ${token}`,
    }
    return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole)
  }
})
