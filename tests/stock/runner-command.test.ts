import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commit, git, gitOrFail } from '../support/git.ts'
import { cosign2, present } from '../support/judges.ts'
import { runProgram, wheelseal } from '../support/program.ts'
import { startServer, temporaryFolder, type Server } from '../support/server.ts'

/** Names no service and no key: all of it must come from the instance. */
const PIPELINE = `
sign:
  id_tokens:
    SIGSTORE_ID_TOKEN:
      aud: sigstore
  script:
    - cosign sign-blob --yes --fulcio-url "$FULCIO_URL" --rekor-url "$REKOR_URL" --output-signature a.sig --output-certificate a.crt a.txt
    - cosign verify-blob --signature a.sig --certificate a.crt --certificate-identity "$CERTIFICATE_IDENTITY" --certificate-oidc-issuer "$CERTIFICATE_OIDC_ISSUER" a.txt
  artifacts:
    paths: [a.sig, a.crt]
check:
  stage: deploy
  script: test -s a.sig && test -s a.crt
`

let folder: { path: string; remove: () => Promise<void> }
let server: Server
let token: string
beforeAll(async () => {
  folder = await temporaryFolder()
  server = await startServer(join(folder.path, 'data'))
  await server.admin('project', 'create', 'acme/tools')
  await server.admin('user', 'create', 'ada', '--admin')
  token = String((await server.admin('token', 'create', '--user', 'ada', '--scope', 'api'))['token'])
})
afterAll(async () => {
  await server.stop()
  await folder.remove()
})

async function runnerToken(): Promise<string> {
  const init = {
    method: 'POST',
    headers: { 'private-token': token, 'content-type': 'application/json' },
    body: JSON.stringify({ runner_type: 'instance_type' }),
  }
  const answer = await fetch(`${server.url}/api/v4/user/runners`, init)
  return ((await answer.json()) as { token: string }).token
}

async function push(files: Record<string, string>): Promise<number> {
  const work = join(folder.path, 'work')
  await mkdir(work)
  await gitOrFail(work, 'init', '--quiet', '-b', 'main')
  await commit(work, files)
  const place = new URL(`${server.url}/acme/tools.git`)
  Object.assign(place, { username: 'ada', password: token })
  const { stderr } = await git(work, ['push', place.href, 'main'])
  return Number(/Pipeline (\d+) of main/.exec(stderr)?.[1])
}

const runner = (...more: readonly string[]) => [wheelseal, 'runner', '--url', server.url, ...more]

it('a runner without a token, or for no URL, says so and starts nothing', async () => {
  const none = await runProgram(runner('--once'))
  expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('WHEELSEAL_RUNNER_TOKEN') })
  const secret = await runProgram([wheelseal, 'runner', '--url', 'http://ada:secret@127.0.0.1:1', '--once'])
  expect(secret.code).toBe(2)
})

// docs/how-to/push-and-run.md
describe.runIf(present(cosign2))('what is pushed', () => {
  it(
    'is signed with stock cosign by the services of the instance, by nothing but its runner',
    { timeout: 300_000 },
    async () => {
      const stock = join(folder.path, 'stock')
      await mkdir(stock)
      // A link would lead out of what jobs see.
      await copyFile(cosign2, join(stock, 'cosign'))
      const id = await push({ '.gitlab-ci.yml': PIPELINE, 'a.txt': 'a file' })
      const env = { WHEELSEAL_RUNNER_TOKEN: await runnerToken() }
      const ran = await runProgram(runner('--once', '--prepend-path', stock), { env })
      expect(ran.code, ran.stderr).toBe(0)
      expect(ran.stdout + ran.stderr).not.toContain(env.WHEELSEAL_RUNNER_TOKEN)
      const headers = { 'private-token': token }
      const answer = await fetch(`${server.url}/api/v4/projects/acme%2Ftools/pipelines/${id}`, { headers })
      expect(await answer.json()).toMatchObject({ status: 'success', source: 'push' })
    },
  )
})
