/**
 * Seals a distribution and verifies the seal, with the library alone: npm install wheelseal, then
 *
 *     node seal-and-verify.ts demo-1.0.tar.gz IDENTITY ISSUER
 *
 * SIGSTORE_ID_TOKEN holds an id token, FULCIO_URL, REKOR_URL and TSA_URL name the services (`wheelseal up` prints
 * them), and trusted_root.json is their trust root.
 */
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { sealDigests } from 'wheelseal/sign'
import { artifactOf, exactly, trustRootFromJson, verdictSentence, verifyBundle } from 'wheelseal/verify'

const [path = '', identity = '', issuer = ''] = process.argv.slice(2)
const variable = (name: string): string => process.env[name] ?? ''

const name = basename(path)
const bytes = await readFile(path)
const trustRoot = trustRootFromJson(await readFile('trusted_root.json', 'utf8'))

const seals = await sealDigests([{ name, sha256: createHash('sha256').update(bytes).digest() }], {
  token: variable('SIGSTORE_ID_TOKEN'),
  services: {
    fulcioUrl: variable('FULCIO_URL'),
    rekorUrl: variable('REKOR_URL'),
    tsaUrl: variable('TSA_URL'),
  },
  trustRoot,
})
for (const { bundle } of seals) await writeFile(`${path}.sigstore.json`, bundle)

const verdict = verifyBundle({
  bundle: await readFile(`${path}.sigstore.json`, 'utf8'),
  artifact: artifactOf(bytes, name),
  trustRoot,
  policy: { anyOf: [{ san: exactly(identity), issuer: exactly(issuer) }] },
})
process.stdout.write(`${verdictSentence(verdict, name)}\n`)
process.exitCode = verdict.verified ? 0 : 1
