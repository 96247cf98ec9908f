import { generateKeyPairSync, sign, X509Certificate, type KeyObject } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { startGitLabIssuer, type GitLabIssuer } from './gitlab-issuer.ts'
import { startServer, temporaryFolder, type Server } from './server.ts'

/** A running authority, and whose tokens it takes: its own, `known` by discovery, `pinned` with a key set and a list. */
export interface TokenAuthority {
  readonly server: Server
  readonly known: GitLabIssuer
  readonly pinned: GitLabIssuer
  /** Configured nowhere. */
  readonly stranger: GitLabIssuer
  readonly ownToken: string
  readonly ownKeyId: string
  stop(): Promise<void>
}

/** Configured, and nobody is there. */
export const UNREACHABLE = 'http://127.0.0.1:9'
const PATIENCE_MS = 5_000

export async function startTokenAuthority(): Promise<TokenAuthority> {
  const [known, pinned, stranger] = [
    await startGitLabIssuer(),
    await startGitLabIssuer(),
    await startGitLabIssuer(),
  ]
  const { path, remove } = await temporaryFolder()
  const data = join(path, 'data')
  await mkdir(join(data, 'issuers'), { recursive: true })
  await writeFile(join(data, 'issuers', 'pinned.json'), pinned.keySet)
  await writeFile(
    join(data, 'wheelseal.toml'),
    `[[issuers]]\nurl = "${known.url}"\n
     [[issuers]]\nurl = "${pinned.url}"\njwks = "issuers/pinned.json"\naudience = "wheels"\nprojects = ["team/wheels"]\n
     [[issuers]]\nurl = "${UNREACHABLE}"\n`,
  )
  const server = await startServer(data)
  await server.admin('project', 'create', 'team/wheels')
  const ownToken = String((await server.admin('trust', 'token', '--project', 'team/wheels'))['token'])
  const set = (await (await fetch(`${server.url}/oauth/discovery/keys`)).json()) as {
    keys: [{ kid: string }]
  }
  const stop = async (): Promise<void> => {
    await server.stop()
    for (const issuer of [known, pinned, stranger]) issuer.close()
    await remove()
  }
  return { server, known, pinned, stranger, ownToken, ownKeyId: set.keys[0].kid, stop }
}

/** Of every token that `GitLabIssuer.token` makes unless told otherwise. */
export const SUBJECT = 'project_path:team/wheels:ref_type:branch:ref:main'
export const clientKey = generateKeyPairSync('ec', { namedCurve: 'P-256' })

export interface Answer {
  readonly status: number
  readonly text: string
}

export interface Asked {
  readonly server: Server
  readonly token: string
  /** Base64; over `SUBJECT` by the client's key. */
  readonly proof?: string
  readonly key?: KeyObject
}

export function proofOver(text: string, key = clientKey.privateKey): string {
  return sign('sha256', Buffer.from(text), key).toString('base64')
}

export function pemOf(key: KeyObject): string {
  return String(key.export({ type: 'spki', format: 'pem' }))
}

/** Rejects where the answer takes longer than five seconds. */
export async function post(
  url: string,
  headers: Record<string, string>,
  body: string | Buffer,
): Promise<Answer> {
  const signal = AbortSignal.timeout(PATIENCE_MS)
  const response = await fetch(url, { method: 'POST', headers, body: body as string, signal })
  return { status: response.status, text: await response.text() }
}

const json = { 'content-type': 'application/json' }

/** `POST /api/v1/signingCert`, with the token in the header. */
export function askFirst({ server, token, proof, key = clientKey.publicKey }: Asked): Promise<Answer> {
  const content = Buffer.from(pemOf(key)).toString('base64')
  const body = { publicKey: { content }, signedEmailAddress: proof ?? proofOver(SUBJECT) }
  const headers = { ...json, authorization: `Bearer ${token}` }
  return post(`${server.url}/api/v1/signingCert`, headers, JSON.stringify(body))
}

/** `POST /api/v2/signingCert`, with the token in the body. */
export function askSecond({ server, token, proof, key = clientKey.publicKey }: Asked): Promise<Answer> {
  const request = { publicKey: { content: pemOf(key) }, proofOfPossession: proof ?? proofOver(SUBJECT) }
  const body = { credentials: { oidcIdentityToken: token }, publicKeyRequest: request }
  return post(`${server.url}/api/v2/signingCert`, json, JSON.stringify(body))
}

/** Both interfaces say no in the same way, name the code, and show nothing of the token. */
export async function expectRefused(asked: Asked, code: string, status = 400): Promise<void> {
  for (const ask of [askFirst, askSecond]) {
    const answer = await ask(asked)
    expect(answer, ask.name).toMatchObject({ status })
    const { message, details } = JSON.parse(answer.text) as { message: string; details: unknown }
    expect(message, ask.name).toContain(`(${code}): `)
    expect(details).toEqual([])
    if (asked.token.length > 100) expect(message).not.toContain(asked.token.slice(-60))
  }
}

/** The identity that the certificate of an answer names, and the issuer of its extension .8. */
export function namesOf({ status, text }: Answer): { readonly identity: string; readonly issuer: string } {
  expect(status, text).toBeLessThan(300)
  const block = /-----BEGIN CERTIFICATE-----[^"]*?-----END CERTIFICATE-----/
  const { subjectAltName = '', raw } = new X509Certificate(
    block.exec(text.replaceAll('\\n', '\n'))?.[0] ?? '',
  )
  // The OID 1.3.6.1.4.1.57264.1.8, then an OCTET STRING with a UTF8String of less than 128 bytes.
  const at = raw.indexOf(Buffer.from('060a2b0601040183bf300108', 'hex')) + 12
  return { identity: subjectAltName, issuer: raw.subarray(at + 4, at + 4 + raw[at + 3]!).toString() }
}
