import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeTlsIdentity } from '../../src/net/arrange.ts'
import { startGitLabIssuer, type GitLabIssuer } from '../support/gitlab-issuer.ts'
import { cosign2, present } from '../support/judges.ts'
import { runProgram, wheelseal, type Outcome } from '../support/program.ts'
import { startServer, temporaryFolder, type Server } from '../support/server.ts'

interface Way {
  readonly way: string
  readonly more: string
  readonly tls?: ReturnType<typeof makeTlsIdentity>
  readonly asks: boolean
}

/** A GitLab that is not ours, named in a configuration file: stock cosign signs with its tokens, and trusts it by name. */
const ways: readonly Way[] = [
  { way: 'discovery', more: '', asks: true },
  { way: 'discovery over TLS with a private authority', more: '', tls: makeTlsIdentity(), asks: true },
  { way: 'a pinned key set', more: 'jwks = "keys/gitlab.json"\ngroups = ["team"]\n', asks: false },
]

describe.runIf(present(cosign2)).each(ways)(
  'cosign 2.2.3 and the tokens of another GitLab, by $way',
  ({ more, tls, asks }) => {
    let folder: { path: string; remove: () => Promise<void> }
    let gitlab: GitLabIssuer
    let server: Server
    let identity: string
    beforeAll(async () => {
      folder = await temporaryFolder()
      gitlab = await startGitLabIssuer(tls)
      identity = `https://${gitlab.host}/team/wheels//.gitlab-ci.yml@refs/heads/main`
      await mkdir(at('keys'))
      await writeFile(at('keys/gitlab.json'), gitlab.keySet)
      await writeFile(at('w.toml'), `[[issuers]]\nurl = "${gitlab.url}"\n${more}`)
      await writeFile(at('ca.pem'), tls?.cert ?? '')
      if (tls !== undefined) process.env['SSL_CERT_FILE'] = at('ca.pem')
      server = await startServer(at('data'), [wheelseal], ['--config', at('w.toml')])
      delete process.env['SSL_CERT_FILE']
      await server.admin('trust', 'export', '--out', at('trust'))
      await writeFile(at('a.whl'), 'the bytes of a wheel')
      const signed = await sign(gitlab.token())
      expect(signed.code, signed.stderr).toBe(0)
    })
    afterAll(async () => {
      await server.stop()
      gitlab.close()
      await folder.remove()
    })

    it('verifies for that project and that issuer', async () => {
      const { code, stderr } = await verify({ identity, issuer: gitlab.url })
      expect([code, stderr]).toEqual([0, expect.stringContaining('Verified OK')])
    })

    it('refuses our own issuer, another spelling of it, and another project', async () => {
      for (const one of [
        { identity, issuer: server.url },
        { identity, issuer: `${gitlab.url}/` },
        { identity: identity.replace('wheels', 'other'), issuer: gitlab.url },
        { identity: identity.replace(gitlab.host, new URL(server.url).host), issuer: gitlab.url },
      ]) {
        const { code, stderr } = await verify(one)
        expect(code).toBe(1)
        expect(stderr).not.toContain('Verified OK')
      }
    })

    it('gets no certificate with a token of a GitLab that is not configured', async () => {
      const stranger = await startGitLabIssuer()
      const { code, stderr } = await sign(stranger.token(), 'never')
      stranger.close()
      expect(code).not.toBe(0)
      expect(stderr).toContain('identity.token-issuer')
    })

    it('makes the server ask that GitLab for its keys, unless they are pinned', () => {
      expect(gitlab.asked.length > 0).toBe(asks)
    })

    function at(name: string): string {
      return join(folder.path, name)
    }

    function sign(token: string, out = 'a'): Promise<Outcome> {
      return cosign([
        ...['sign-blob', '--yes', `--fulcio-url=${server.url}`, `--rekor-url=${server.url}`],
        ...['--oidc-issuer', gitlab.url, '--identity-token', token],
        ...['--output-signature', at(`${out}.sig`), '--output-certificate', at(`${out}.crt`), at('a.whl')],
      ])
    }

    function verify({ identity: who, issuer }: { identity: string; issuer: string }): Promise<Outcome> {
      return cosign([
        ...[
          'verify-blob',
          `--rekor-url=${server.url}`,
          '--signature',
          at('a.sig'),
          '--certificate',
          at('a.crt'),
        ],
        ...['--certificate-identity', who, '--certificate-oidc-issuer', issuer, at('a.whl')],
      ])
    }

    function cosign(argv: readonly string[]): Promise<Outcome> {
      return runProgram([cosign2, ...argv], {
        env: {
          SIGSTORE_ROOT_FILE: at('trust/fulcio.pem'),
          SIGSTORE_REKOR_PUBLIC_KEY: at('trust/rekor.pub'),
          SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: at('trust/ctfe.pub'),
        },
      })
    }
  },
)
