import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runProgram, wheelseal } from '../support/program.ts'
import { startServer, startServerWithFiles } from '../support/server.ts'

it('a server whose root keys are elsewhere signs, and trust show says where they are not', async () => {
  const { server, path, stop } = await startServerWithFiles()
  const { moved } = await server.admin('trust', 'offline', join(path, 'safe'))
  expect(moved).toHaveLength(4)
  await server.stop()
  const again = await startServer(server.data)
  const token = String((await again.admin('trust', 'token', '--project', 'acme/tools'))['token'])
  const env = {
    SIGSTORE_ID_TOKEN: token,
    SIGSTORE_ROOT_FILE: join(path, 'fulcio.pem'),
    SIGSTORE_REKOR_PUBLIC_KEY: join(path, 'rekor.pub'),
    SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: join(path, 'ctfe.pub'),
  }
  const services = [`--fulcio-url=${again.url}`, `--rekor-url=${again.url}`]
  const sign = [wheelseal, 'cosign', 'sign-blob', '--yes', ...services, 'file']
  expect(await runProgram(sign, { cwd: path, env })).toMatchObject({ code: 0 })
  await again.admin('user', 'create', 'ada', '--admin')
  const secret = String(
    (await again.admin('token', 'create', '--user', 'ada', '--scope', 'read_api'))['token'],
  )
  const metrics = await fetch(`${again.url}/metrics`, { headers: { 'private-token': secret } })
  expect(await metrics.text()).toContain('wheelseal_certificates_issued_total 1\n')
  const shown = await runProgram([wheelseal, 'trust', 'show', '--data', server.data])
  expect(shown).toMatchObject({ code: 0 })
  expect(shown.stdout).toContain('not in the data directory: root, tsa-root, tuf-root, tuf-targets')
  await again.stop()
  await stop()
})
