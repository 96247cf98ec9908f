import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cosign2, present } from '../support/judges.ts'
import { runProgram, wheelseal, type Outcome } from '../support/program.ts'
import { startServer, temporaryFolder, type Server } from '../support/server.ts'

/** The tutorial's lines, given to stock cosign 2.2.3 and to our face of it. */
const faces = { 'stock cosign 2.2.3': [cosign2], 'our cosign face': [wheelseal, 'cosign'] } as const
type Face = keyof typeof faces

let server: Server
let folder: { path: string; remove: () => Promise<void> }
let env: Record<string, string>
let identity: string

describe.runIf(present(cosign2))('sign-blob and verify-blob against wheelseal up', () => {
  beforeAll(async () => {
    folder = await temporaryFolder()
    server = await startServer(join(folder.path, 'data'))
    await server.admin('project', 'create', 'acme/tools')
    await server.admin('trust', 'export', '--out', join(folder.path, 'trust'))
    env = await readEnvironment(join(folder.path, 'trust', 'cosign.env'))
    identity = `https://${new URL(server.url).host}/acme/tools//.gitlab-ci.yml@refs/heads/main`
    await writeFile(at('a.whl'), 'the bytes of a wheel')
    await writeFile(at('b.whl'), 'other bytes')
    for (const face of Object.keys(faces) as Face[]) {
      for (const file of ['a.whl', 'b.whl']) expect((await sign(face, file)).code).toBe(0)
    }
  })
  afterAll(async () => {
    await server.stop()
    await folder.remove()
  })

  const signers = Object.keys(faces) as Face[]
  const pairs = signers.flatMap((signer) => signers.map((verifier) => ({ signer, verifier })))

  it.each(pairs)('what $signer signed, $verifier verifies', async ({ signer, verifier }) => {
    const { code, stderr } = await verify(verifier, { signer })
    expect(stderr).toContain('Verified OK')
    expect(code).toBe(0)
  })

  it.each(pairs)('$verifier refuses an altered file of $signer', async ({ signer, verifier }) => {
    await writeFile(at('altered.whl'), 'the bytes of a wheeL')
    await refused(verify(verifier, { signer, file: 'altered.whl' }))
  })

  it.each(pairs)("$verifier refuses another file's signature of $signer", async ({ signer, verifier }) => {
    await refused(verify(verifier, { signer, signature: 'b.whl' }))
    await refused(verify(verifier, { signer, certificate: 'b.whl' }))
  })

  it.each(pairs)(
    '$verifier refuses another identity and another issuer ($signer)',
    async ({ signer, verifier }) => {
      await refused(verify(verifier, { signer, identity: `${identity}-evil` }))
      await refused(verify(verifier, { signer, identity: identity.replace('acme/tools', 'acme/tool') }))
      await refused(verify(verifier, { signer, issuer: `${server.url}/` }))
      await refused(verify(verifier, { signer, issuer: 'https://gitlab.com' }))
    },
  )

  it('both write the same kinds of files', async () => {
    for (const face of signers) {
      const signature = await readFile(at(`a.whl.${faces[face].length}.sig`), 'latin1')
      const certificate = await readFile(at(`a.whl.${faces[face].length}.crt`), 'latin1')
      expect(signature).toMatch(/^[A-Za-z0-9+/]+={0,2}$/)
      const pem = Buffer.from(certificate, 'base64')
      expect(pem.toString('base64')).toBe(certificate)
      expect(pem.toString('latin1')).toMatch(
        /^-----BEGIN CERTIFICATE-----\n(?:[A-Za-z0-9+/=]{1,64}\n)+-----END CERTIFICATE-----\n$/,
      )
    }
  })

  it.each(signers)('%s cannot sign with a token of another audience', async (face) => {
    const { token } = await server.admin('trust', 'token', '--project', 'acme/tools', '--audience', 'other')
    const wrong = await sign(face, 'a.whl', { token: String(token), out: 'never' })
    expect(wrong.code).not.toBe(0)
    expect(wrong.stderr).toContain('audience')
    await expect(readFile(at('never.sig'))).rejects.toThrow('ENOENT')
  })

  it('our face names the check that failed, expected and found', async () => {
    const { stderr } = await verify('our cosign face', {
      signer: 'stock cosign 2.2.3',
      identity: 'https://x',
    })
    expect(stderr).toContain('verify.identity')
    expect(stderr).toContain('https://x')
    expect(stderr).toContain(identity)
    for (const check of ['chain', 'sct', 'signature', 'inclusion', 'checkpoint', 'set', 'time']) {
      expect(stderr).toMatch(new RegExp(`passed\\s+${check}`))
    }
  })

  function at(name: string): string {
    return join(folder.path, name)
  }

  async function sign(
    face: Face,
    file: string,
    options: { token?: string; out?: string } = {},
  ): Promise<Outcome> {
    const minted = await server.admin('trust', 'token', '--project', 'acme/tools')
    const out = options.out ?? `${file}.${faces[face].length}`
    const argv = [
      ...[...faces[face], 'sign-blob', '--yes', `--fulcio-url=${server.url}`, `--rekor-url=${server.url}`],
      ...['--oidc-issuer', server.url, '--identity-token', options.token ?? String(minted['token'])],
      ...['--output-signature', at(`${out}.sig`), '--output-certificate', at(`${out}.crt`), at(file)],
    ]
    return runProgram(argv, { env })
  }

  interface Attempt {
    readonly signer: Face
    readonly file?: string
    readonly signature?: string
    readonly certificate?: string
    readonly identity?: string
    readonly issuer?: string
  }

  function verify(face: Face, attempt: Attempt): Promise<Outcome> {
    const side = faces[attempt.signer].length
    const argv = [
      ...[...faces[face], 'verify-blob'],
      ...['--signature', at(`${attempt.signature ?? 'a.whl'}.${side}.sig`)],
      ...['--certificate', at(`${attempt.certificate ?? 'a.whl'}.${side}.crt`)],
      ...['--certificate-identity', attempt.identity ?? identity],
      ...['--certificate-oidc-issuer', attempt.issuer ?? server.url, at(attempt.file ?? 'a.whl')],
    ]
    return runProgram(argv, { env })
  }

  async function refused(outcome: Promise<Outcome>): Promise<void> {
    const { code, stderr } = await outcome
    expect(code).toBe(1)
    expect(stderr).not.toContain('Verified OK')
  }
})

async function readEnvironment(path: string): Promise<Record<string, string>> {
  const lines = (await readFile(path, 'utf8')).trim().split('\n')
  return Object.fromEntries(lines.map((line) => /^export (\w+)='(.*)'$/.exec(line)!.slice(1, 3)))
}
