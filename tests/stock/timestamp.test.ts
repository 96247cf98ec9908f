import { beforeAll, describe, expect, it } from 'vitest'
import { cosign2, present } from '../support/judges.ts'
import { runProgram, type Outcome } from '../support/program.ts'
import { startServerWithFiles, type Server } from '../support/server.ts'

let server: Server
let folder: string

/** curl asks, openssl judges; and cosign 2.2.3 with a private timestamp authority. */
describe.runIf(present(cosign2))('the timestamp authority of wheelseal up', () => {
  beforeAll(async () => {
    const started = await startServerWithFiles()
    ;({ server, path: folder } = started)
    return started.stop
  })

  it.each(['sha256', 'sha384', 'sha512'])(
    'is believed by openssl over %s, and only about that file',
    async (hash) => {
      const ask = `openssl ts -query -data file -${hash} -cert -out query && ${post('query', 'reply')}`
      expect(await shell(ask)).toMatchObject({ code: 0 })
      const verify = (file: string): string =>
        `openssl ts -verify -in reply -data ${file} -CAfile tsa.pem -untrusted tsa.pem`
      expect((await shell(verify('file'))).code).toBe(0)
      expect((await shell(verify('other'))).code).not.toBe(0)
    },
  )

  it('is believed without certificates of its own, by those of the trust export', async () => {
    expect(
      (await shell(`openssl ts -query -data file -sha256 -out query && ${post('query', 'bare')}`)).code,
    ).toBe(0)
    expect((await shell('openssl ts -verify -in bare -data file -CAfile tsa.pem')).code).not.toBe(0)
    expect(
      (await shell('openssl ts -verify -in bare -queryfile query -CAfile tsa.pem -untrusted tsa.pem')).code,
    ).toBe(0)
  })

  it.each([
    ['-sha1', 'tsa.hash'],
    ['-sha256 -tspolicy 1.2.3', 'tsa.policy'],
  ])('tells openssl why it refuses %s', async (flags, code) => {
    const { stdout } = await shell(
      `openssl ts -query -data file ${flags} -out query && ${post('query', 'no')} && openssl ts -reply -in no -text`,
    )
    expect(stdout).toContain('Status: Rejected.')
    expect(stdout).toContain(code)
  })

  it('serves the chain that the trust export has', async () => {
    expect((await shell(`curl -fsS ${server.url}/api/v1/timestamp/certchain | cmp - tsa.pem`)).code).toBe(0)
  })

  it('lets cosign sign with a timestamp and verify by it, without asking the log', async () => {
    const token = String((await server.admin('trust', 'token', '--project', 'acme/tools'))['token'])
    const sign = `cosign sign-blob --yes --fulcio-url=${server.url} --rekor-url=${server.url} --identity-token ${token}
      --timestamp-server-url ${server.url}/api/v1/timestamp --rfc3161-timestamp file.tsr --bundle file.bundle
      --output-signature file.sig --output-certificate file.crt file`
    expect(await shell(`. ./cosign.env; ${sign.replaceAll('\n', ' ')}`)).toMatchObject({ code: 0 })
    const verify = `cosign verify-blob --insecure-ignore-tlog --rfc3161-timestamp file.tsr --timestamp-certificate-chain tsa.pem
      --signature file.sig --certificate file.crt --certificate-oidc-issuer ${server.url}
      --certificate-identity https://${new URL(server.url).host}/acme/tools//.gitlab-ci.yml@refs/heads/main`
    const judge = (file: string): Promise<Outcome> =>
      shell(`. ./cosign.env; ${verify.replaceAll('\n', ' ')} ${file}`)
    expect((await judge('file')).stderr).toContain('Verified OK')
    expect((await judge('other')).code).toBe(1)
  })

  function post(query: string, reply: string): string {
    const type = "-H 'Content-Type: application/timestamp-query'"
    return `curl -fsS --data-binary @${query} ${type} -o ${reply} ${server.url}/api/v1/timestamp`
  }

  function shell(text: string): Promise<Outcome> {
    return runProgram(['bash', '-c', text.replaceAll('cosign ', `${cosign2} `)], { cwd: folder })
  }
})
