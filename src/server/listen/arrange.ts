import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildRoot, certificatePem, randomSerial, spkiOf } from '../../formats/x509/index.ts'
import { systemEntropy } from '../../host/index.ts'
import type { TlsPaths } from './tls.ts'

const DAY_SECONDS = 86_400

/** A certificate that signs itself, valid from yesterday until in ten days unless said otherwise, and its key. */
export async function writeTlsFiles(
  folder: string,
  name: string,
  { fromDays = -1, untilDays = 10 }: { readonly fromDays?: number; readonly untilDays?: number } = {},
): Promise<TlsPaths> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const now = Math.floor(Date.now() / 1000)
  const certificate = buildRoot({
    name: { organization: 'wheelseal', commonName: name },
    key: privateKey,
    spki: spkiOf(privateKey),
    serial: randomSerial(systemEntropy),
    notBeforeSeconds: now + fromDays * DAY_SECONDS,
    notAfterSeconds: now + untilDays * DAY_SECONDS,
  })
  const paths = { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) }
  await writeFile(paths.cert, certificatePem(certificate))
  await writeFile(paths.key, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  return paths
}
